"""A season made by a few statements: players, rounds and entries of any number."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from league import players, seasons
from league.models import League, Player, Round, Season
from markets import assets
from markets.models import Asset

START = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
HORIZON = "1h"
# Six of ten give three prices, two three returns, one a point and one a probability.
ENTER = """
    INSERT INTO predictions_prediction (id, round_id, player_id, form, basis, p10, p50, p90,
        probit, accepted_at, is_withdrawn, revision, salt, payload_hash, digest, reasoning,
        is_simulated_reasoning)
    SELECT gen_random_uuid(), %(round)s, id,
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
    SELECT 'racer-' || n, 'Racer', 'human', true, true, false, %s FROM generate_series(1, %s) AS n
"""


@dataclass(frozen=True)
class Arena:
    """A season of one asset with `players` people, its rounds an hour apart."""

    season: Season
    players: int

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
        return Round.objects.select_related("season").get(pk=round_.pk)


def build(*, count: int) -> Arena:
    assets.ensure_defaults()
    players.ensure_built_in(now=START)
    league = League.objects.create(slug="bench", name="Bench", horizons=[HORIZON])
    league.assets.set(Asset.objects.filter(pk="BTC"))
    plan = seasons.Plan("bench", "Bench", "simulated", START, START + timedelta(days=3650))
    season = seasons.create(league=league, plan=plan)
    run(PLAYERS, [START, count])
    run("ANALYZE")
    return Arena(season, count)


def people() -> int:
    return Player.objects.filter(handle__startswith="racer-").count()


def run(statement: str, values: Any = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
