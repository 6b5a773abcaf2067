"""What every installation has, demo or not: assets, the built-in players and the sandbox."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from config import installation


class Command(BaseCommand):
    help = "Create the known assets, the built-in players and the sandbox where missing."

    def handle(self, *_: Any, **__: Any) -> None:
        self.stdout.write(installation.prepare(now=timezone.now()))
