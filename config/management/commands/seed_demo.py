"""Prepare the demonstration season, once."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from config import arguments, demo, installation

EVERY = 25


class Command(BaseCommand):
    help = "Create the simulated demo season and play its past; does nothing when it is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", metavar="ISO", help="prepare it as of this instant (UTC)")

    def handle(self, *_: Any, **options: Any) -> None:
        said = options["now"]
        now = arguments.instant("--now", said) if said else timezone.now()
        if demo.is_ready():
            self.stdout.write("demo season: ready")
        else:
            self._prepare(now)
        installation.prepare(now=now)  # last: while the demo's past is played nothing else is

    def _prepare(self, now: datetime) -> None:
        for done, total in demo.prepare(now=now):
            if done % EVERY == 0 or done == total:
                self.stdout.write(f"demo season: {done} of {total} moments played")
                self.stdout.flush()
