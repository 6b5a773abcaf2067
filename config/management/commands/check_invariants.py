"""Check the league's invariants against the database; exit code 1 when one is broken."""

import json
import math
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from config import arguments, invariants
from config.invariants import Finding, Obligation


class Command(BaseCommand):
    help = "Look at every row for what may never be: a violation, and what merely waits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
        parser.add_argument("--only", metavar="I6,I8", help="these invariants")
        parser.add_argument("--since", metavar="ISO", help="only what settles from then on (UTC)")

    def handle(self, *_: Any, **options: Any) -> None:
        only, since = _only(options["only"]), _since(options["since"])
        _take_time()
        found = []
        for finding in invariants.look(since=since, only=only):
            found.append(finding)
            if not options["json"]:
                self.stdout.write(_line(finding))
        waiting = invariants.obligations(now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(_document(found, waiting), indent=1))
        else:
            for one in (one for one in waiting if one.count):
                self.stdout.write(_waiting_line(one))
        _judge(found)


def _only(text: str | None) -> tuple[str, ...]:
    if not text:
        return invariants.IDS
    ids = tuple(word.strip().upper() for word in text.split(",") if word.strip())
    unknown = [id_ for id_ in ids if id_ not in invariants.IDS]
    if unknown or not ids:
        known = ", ".join(invariants.IDS)
        raise CommandError(f"--only: unknown {', '.join(unknown) or text}; known: {known}.")
    return ids


def _since(text: str | None) -> datetime:
    return arguments.instant("--since", text) if text else invariants.EVERYTHING


def _take_time() -> None:
    """The sweeps' limits are not meant for reading everything."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout TO 0")
            cursor.connection.patience_s = math.inf


def _line(finding: Finding) -> str:
    shown = "not checked" if finding.violations is None else str(finding.violations)
    return f"{finding.id:>4}  {finding.name:<40} {shown:>11} {finding.seconds:>9.3f} s"


def _waiting_line(one: Obligation) -> str:
    return f"waiting: {one.count} for {one.name.replace('_', ' ')}, the oldest {one.age_s:.0f} s"


def _document(found: list[Finding], waiting: list[Obligation]) -> dict[str, Any]:
    return {
        "violations": sum(finding.violations or 0 for finding in found),
        "unchecked": [finding.name for finding in found if finding.violations is None],
        "checks": [asdict(one) | {"seconds": round(one.seconds, 3)} for one in found],
        "waiting": [asdict(one) | {"age_s": round(one.age_s, 3)} for one in waiting],
    }


def _judge(found: list[Finding]) -> None:
    violations = sum(finding.violations or 0 for finding in found)
    broken = sorted({finding.id for finding in found if finding.violations != 0})
    if broken:
        raise CommandError(f"{violations} violations; not as they must be: {', '.join(broken)}.")
