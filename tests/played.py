"""A small simulated league in mid-season, played once and given to each test as a copy."""

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.db import connection, transaction

from config import invariants, sweeps
from league import operations, players
from league.clock import FixedClock
from league.models import Answer, Player, Round
from league.models.round import Status
from markets.models import Asset
from predictions import entry_forms, submissions
from tests import disk, factories
from tests.factories import NOON

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
FINAL = 2
PRESENT = NOON + FINAL * HOUR
SYMBOLS = ("BTC", "ETH")
_file: list[bytes] = []


@contextlib.contextmanager
def season(folder: Path) -> Iterator[None]:
    """Of the hourly locks from NOON, two are final; at the third, BTC runs and ETH is void."""
    with disk.database(folder), factories.market(since=NOON - 120 * HOUR):
        file = Path(str(connection.settings_dict["NAME"]))
        if _file:
            connection.close()
            file.write_bytes(_file[0])
        else:
            play()
            connection.close()  # the last to leave folds the log into the file
            _file.append(file.read_bytes())
        yield


@contextlib.contextmanager
def ruin(*, unchecked: bool = False) -> Iterator[None]:
    """What the block does to the database is undone; `unchecked` does without CHECKs."""
    with transaction.atomic():
        run(f"PRAGMA ignore_check_constraints = {int(unchecked)}")
        yield
        run("PRAGMA ignore_check_constraints = 0")
        transaction.set_rollback(True)


def violated() -> dict[str, int]:
    """Violations by id, of whatever is not as it must be."""
    found: dict[str, int] = {}
    for finding in invariants.look(since=invariants.EVERYTHING):
        assert finding.violations is not None, finding.name
        if finding.violations:
            found[finding.id] = found.get(finding.id, 0) + finding.violations
    return found


def run(sql: str, *values: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def play() -> None:
    """From an empty database to the middle of the season, on the ledger in force."""
    players.ensure_built_in(now=NOON)
    league = factories.league(symbols=SYMBOLS)
    Asset.objects.exclude(pk__in=SYMBOLS).update(is_active=False)
    factories.season(league, ends_at=PRESENT + 2 * HOUR)
    factories.humans(6)
    for hour in range(-1, FINAL + 1):
        sweeps.run(now=NOON + hour * HOUR - SECOND)
        _people_enter(NOON + hour * HOUR)
        sweeps.run(now=NOON + hour * HOUR)
    doomed = factories.fresh(Round.objects.get(locks_at=PRESENT, asset="ETH"))
    operations.void(doomed, reason="for the record", actor="somebody", now=PRESENT)
    sweeps.run(now=PRESENT + SECOND)
    Answer.objects.create(
        question="1" * 64, fingerprint="2" * 64, status=201, body="{}", asked_at=PRESENT
    )


def _people_enter(lock: datetime) -> None:
    """The first revises, the last withdraws."""
    eve = FixedClock(lock - SECOND)
    everybody = list(Player.objects.filter(kind="human").order_by("pk"))
    for round_ in Round.objects.filter(status=Status.OPEN, locks_at=lock):
        for number, player in enumerate(everybody):
            factories.enter(round_, player, factories.at_return(-30 - number, number, 40))
        factories.enter(round_, everybody[0], entry_forms.prob_up(Decimal("0.55")))
        submissions.withdraw(round_id=round_.pk, player=everybody[-1], clock=eve)
