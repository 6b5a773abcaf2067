"""A season made by a few statements: players, rounds and entries of any number."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from bench.harness import Cost, measure
from leaderboard import standings
from leaderboard.models import Board
from league import players, seasons
from league.models import League, Round, Season
from markets import assets
from markets.models import Asset
from predictions.scoring import grading

START = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
HORIZON = "1h"
ONE_HUMAN_IN = 10
# In the order they come, which is nobody's. Six of ten give three prices, two three returns, one
# a point and one a probability.
ENTER = """
    INSERT INTO predictions_prediction (id, round_id, player_id, form, basis, p10, p50, p90,
        probit, accepted_at, is_withdrawn, revision, salt, payload_hash, digest, reasoning,
        is_simulated_reasoning)
    SELECT (lpad(to_hex(extract(epoch FROM %(at)s::timestamptz)::bigint), 8, '0')
            || lpad(to_hex(ROW_NUMBER() OVER ()), 8, '0') || substr(md5(id::text), 1, 16))::uuid,
        %(round)s, id,
        CASE WHEN kind < 8 THEN 'quantiles' WHEN kind = 8 THEN 'point' ELSE 'prob_up' END,
        CASE WHEN kind < 6 OR kind = 8 THEN 'price' ELSE 'return' END,
        CASE WHEN kind < 6 THEN 60000 - wide WHEN kind < 8 THEN -wide / 6
            WHEN kind = 8 THEN 60000 + wide ELSE 0.6 END,
        CASE WHEN kind < 6 THEN 60000 WHEN kind < 8 THEN 0
            WHEN kind = 8 THEN 60000 + wide ELSE 0.6 END,
        CASE WHEN kind < 6 THEN 60000 + wide WHEN kind < 8 THEN wide / 6
            WHEN kind = 8 THEN 60000 + wide ELSE 0.6 END,
        CASE WHEN kind = 9 THEN 0.2533471031357997 END,
        %(at)s, false, 1, hash, hash, hash, '', false
    FROM (
        SELECT id, id %% 10 AS kind, 100 + (id * 7919 %% 900)::numeric AS wide,
            decode(md5(id::text) || md5((id + 1)::text), 'hex') AS hash
        FROM league_player WHERE handle LIKE 'racer-%%' ORDER BY random() LIMIT %(count)s
    ) AS racer
"""
PLAYERS = """
    INSERT INTO league_player (handle, name, kind, is_primary, is_active, is_demo, registered_at)
    SELECT 'racer-' || n, 'Racer', CASE WHEN n %% %s = 0 THEN 'human' ELSE 'ai' END, true, true,
        false, %s
    FROM generate_series(1, %s) AS n
"""


KEPT = (
    "predictions_score", "predictions_tally", "predictions_settlement", "leaderboard_board",
    "leaderboard_standing", "league_roundevent",
)  # fmt: skip


@dataclass
class Arena:
    """A season of one asset with `players` people, its rounds an hour apart."""

    season: Season
    players: int
    rounds: int = 0

    @property
    def now(self) -> datetime:
        return START + timedelta(days=1000)

    def next(self) -> int:
        return self.rounds

    def settled(self, number: int, *, entries: int) -> Round:
        """Round `number`, priced and committed, with so many entries, waiting for its grades."""
        lock = START + number * HOUR
        round_ = Round.objects.create(
            season=self.season,
            asset_id="BTC",
            horizon=HORIZON,
            opens_at=lock - HOUR,
            locks_at=lock,
            settles_at=lock + HOUR,
            status="settled",
            reference_price=60_000,
            settlement_price=60_300,
            outcome_bp=49.875415110389706,
            sigma_bp=80.0,
            width=0.85,
        )
        run(ENTER, {"round": round_.pk, "at": lock - HOUR / 2, "count": entries})
        run(
            "INSERT INTO predictions_commitment (round_id, round_key, root, count, committed_at)"
            " VALUES (%s, %s, %s, %s, %s)",
            [round_.pk, uuid.uuid4().hex * 2, "0" * 64, entries, lock],
        )
        self.rounds = number + 1
        return Round.objects.select_related("season").get(pk=round_.pk)

    def settle_all(self) -> None:
        """Grade whatever waits, and publish."""
        for round_ in Round.objects.filter(status="settled").select_related("season"):
            grading._grade(round_, now=self.now)  # noqa: SLF001 -- one round, as the sweep does it
        Board.objects.update(published_at=START)
        standings.publish(now=self.now)
        Board.objects.update(published_at=START)

    def keep(self) -> None:
        """Remember what an act changes."""
        for table in KEPT:
            run(f"DROP TABLE IF EXISTS kept_{table}")
            run(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")
        run("DROP TABLE IF EXISTS kept_waiting")
        run("CREATE TABLE kept_waiting AS SELECT id FROM league_round WHERE status = 'settled'")

    def restore(self) -> None:
        """Everything as it was kept, in tables without a hole, and nothing left to flush."""
        run(f"TRUNCATE {', '.join(KEPT)}")
        for table in KEPT:
            names = columns(table)
            run(f"INSERT INTO {table} ({names}) SELECT {names} FROM kept_{table}")
        run(
            "UPDATE league_round SET status = 'settled', version = 0, finalized_at = NULL"
            " WHERE id IN (SELECT id FROM kept_waiting)"
        )
        run("VACUUM ANALYZE")
        run("CHECKPOINT")

    def restored(self, act: Callable[[], object]) -> Cost:
        self.restore()
        return measure(act)


def columns(table: str) -> str:
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, table)
    return ", ".join(f'"{column.name}"' for column in found)


def build(*, count: int) -> Arena:
    """In place of whatever season there was."""
    run("TRUNCATE league_player, league_season, league_league CASCADE")
    assets.ensure_defaults()
    players.ensure_built_in(now=START)
    league = League.objects.create(slug="bench", name="Bench", horizons=[HORIZON])
    league.assets.set(Asset.objects.filter(pk="BTC"))
    plan = seasons.Plan("bench", "Bench", "simulated", START, START + timedelta(days=3650))
    season = seasons.create(league=league, plan=plan)
    run(PLAYERS, [ONE_HUMAN_IN, START, count])
    run("ANALYZE")
    return Arena(season, count)


def run(statement: str, values: Any = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
