"""Run the league without any broker: every stage, once or in a loop."""

import json
import signal
import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections

from config import arguments, sweeps
from league import departure, gate


class Command(BaseCommand):
    help = "Carry every due row one step forward: what the workers do, without a broker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", type=float, metavar="SECONDS", help="look again and again")
        parser.add_argument("--now", metavar="ISO", help="sweep as if it were this instant (UTC)")

    def handle(self, *_: Any, **options: Any) -> None:
        fixed = arguments.instant("--now", options["now"]) if options["now"] else None
        if fixed and options["loop"]:
            raise CommandError("--now: a fixed instant cannot be looped over.")
        if not options["loop"]:
            self._once(fixed)
            return
        signal.signal(signal.SIGTERM, lambda *_: departure.announce())
        while not departure.is_announced():
            try:
                self._once(None)
            except CommandError as failure:
                self.stderr.write(str(failure))  # the next look tries again
            time.sleep(options["loop"])
            close_old_connections()

    def _once(self, fixed: datetime | None) -> None:
        try:
            done = sweeps.run(now=fixed or gate.database_now())
        except (sweeps.StageFailed, DatabaseError) as failure:
            raise CommandError(str(failure)) from failure
        self.stdout.write(json.dumps({name: n for name, n in done.items() if n}))
