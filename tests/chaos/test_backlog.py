"""A league that slept wakes to many overdue rounds; and one with nothing to do asks for little."""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from chain.models import Anchor
from config import sweeps
from leaderboard import standings
from league import history
from league.models import Round
from league.models.round import Status
from markets import assets
from predictions.models import Score
from tests import factories
from tests.chaos import backlog, engine, lifecycle, report
from tests.factories import NOON
from tests.services.servers import Postgres

pytestmark = [pytest.mark.chaos, pytest.mark.services]
SYMBOLS = tuple(symbol for symbol, _, _ in assets.KNOWN)
ENTRIES = 20
IDLE_STATEMENTS = 40
MOST_PAGES = 30  # the whole table has some 300
FILL = """
    INSERT INTO league_round (
        id, season_id, asset_id, horizon, opens_at, locks_at, settles_at, status, version,
        reference_price, sigma_bp, width, is_sigma_borrowed, settlement_price, outcome_bp,
        hold_reason, is_operator_held, is_move_accepted, attempts, finalized_at
    )
    SELECT gen_random_uuid(), %(season)s, 'BTC', '5m', at, at + interval '5 min',
        at + interval '10 min', %(status)s, 5, 60000, 20, 0.85, false, 60000, 0, '', false, false,
        0, CASE WHEN %(status)s = 'final' THEN at + interval '10 min' END
    FROM generate_series(1, %(count)s) AS n,
        LATERAL (SELECT %(start)s::timestamptz + n * interval '5 min' AS at) AS t
"""


@pytest.fixture(autouse=True)
def _stage(postgres: Postgres, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    with (
        django_db_blocker.unblock(),
        engine.database(postgres),
        factories.market(since=NOON - timedelta(hours=5)),
    ):
        yield
    logging.disable(logging.NOTSET)


@pytest.mark.timeout(600)
def test_a_thousand_overdue_rounds_are_settled_graded_ranked_and_anchored() -> None:
    count = 1000 if report.is_long() else 60
    season = backlog.make(rounds=count, entries=ENTRIES, symbols=SYMBOLS)
    history.gather(now=NOON)
    now, looks = backlog.overdue_at(season), 0
    overdue = Round.objects.filter(season=season, settles_at__lte=now)
    statements: list[str] = []

    def send(execute: Any, sql: str, *arguments: Any) -> Any:
        """Django's own log of queries keeps nine thousand."""
        statements.append(sql.split(None, 1)[0])
        return execute(sql, *arguments)

    while looks < 6 and (
        overdue.exclude(status=Status.FINAL).exists()
        or Anchor.objects.exclude(status="final").exists()
        or standings.lagging()
    ):
        with connection.execute_wrapper(send):
            sweeps.run(now=now)
        now += timedelta(seconds=5)
        looks += 1
    assert overdue.count() == count
    assert set(overdue.values_list("status", flat=True)) == {Status.FINAL}
    assert Score.objects.filter(seq__isnull=False).count() >= count * ENTRIES
    assert Anchor.objects.filter(status="final").count() == 2 * count
    assert standings.lagging() == []
    assert looks <= 5
    assert not lifecycle.violations()
    report.add(
        "catching up", rounds=count, predictions=count * ENTRIES, looks=looks,
        statements_a_round=round(len(statements) / count, 1), violations=0,
    )  # fmt: skip


def test_what_is_due_is_found_by_index_however_long_the_history() -> None:
    season = backlog.make(rounds=0, entries=0, symbols=["BTC"])
    for year, (status, count) in enumerate(
        {"final": 10_000, "void": 500, "running": 1000, "open": 500, "scheduled": 1000}.items()
    ):
        start = NOON + timedelta(days=365 * (year - 1) + 1)
        named: dict[str, Any] = {
            "season": season.pk,
            "status": status,
            "count": count,
            "start": start,
        }
        with connection.cursor() as cursor:
            cursor.execute(FILL, named)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE league_round")
    rounds = Round.objects.all()
    due = {
        "open": rounds.due_to_open(now=NOON),
        "lock": rounds.due_to_lock(now=NOON),
        "reference": rounds.due_for_reference(now=NOON),
        "settle": rounds.due_to_settle(now=NOON),
        "grade": rounds.healthy(now=NOON).filter(status=Status.SETTLED).order_by("settles_at"),
    }
    for name, found in due.items():
        plan = found[:500].explain(analyze=True, buffers=True)
        assert "Seq Scan on league_round" not in plan, f"{name}\n{plan}"
        assert not found.exists()
        report.add(f"due to {name} among 13,000 rounds", pages=_pages(plan))
        assert _pages(plan) <= MOST_PAGES, f"{name}\n{plan}"


def _pages(plan: str) -> int:
    """Pages read by the whole plan: its top line counts them all."""
    line = next(line for line in plan.splitlines() if "Buffers:" in line)
    return sum(int(word.partition("=")[2]) for word in line.split() if "=" in word)


def test_a_look_with_nothing_to_do_asks_for_little() -> None:
    season = backlog.make(rounds=20, entries=2, symbols=SYMBOLS)
    now = backlog.overdue_at(season)
    for _ in range(3):
        sweeps.run(now=now)
    with CaptureQueriesContext(connection) as queries:
        done = sweeps.run(now=now, skip={"league.forget_answers"})
    assert not any(done.values()), done
    kinds = Counter(query["sql"].split(None, 1)[0] for query in queries)
    assert set(kinds) == {"SELECT"}, kinds
    assert len(queries) <= IDLE_STATEMENTS
    report.add("an idle look", statements=len(queries), writes=0)
