"""Prepare the demonstration season, once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from config import arguments, demo

EVERY = 25


class Command(BaseCommand):
    help = "Create the simulated demo season and play its past; does nothing when it is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", metavar="ISO", help="prepare it as of this instant (UTC)")

    def handle(self, *_: Any, **options: Any) -> None:
        if demo.is_ready():
            self.stdout.write("demo season: ready")
            return
        said = options["now"]
        now = arguments.instant("--now", said) if said else timezone.now()
        for done, total in demo.prepare(now=now):
            if done % EVERY == 0 or done == total:
                self.stdout.write(f"demo season: {done} of {total} moments played")
                self.stdout.flush()
