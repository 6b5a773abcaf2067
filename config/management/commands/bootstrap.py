"""What every installation has, demo or not: the known assets and the built-in players."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from league import players
from markets import assets


class Command(BaseCommand):
    help = "Create the known assets and the built-in players where missing."

    def handle(self, *_: Any, **__: Any) -> None:
        known = assets.ensure_defaults()
        built_in = players.ensure_built_in(now=timezone.now())
        self.stdout.write(f"{known} assets, {len(built_in)} built-in players: ready")
