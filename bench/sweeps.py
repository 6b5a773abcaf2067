"""The sweeps: looking when nothing is due, and carrying what is overdue.

Both run `config.sweeps.run`, every stage in order, as `manage.py sweep` and the workers do, on the
simulated markets. The idle league has its rounds behind it (final, committed, anchored, published)
but for a few that are open and not due; it is swept until nothing is left to do, then measured.
The overdue rounds are open ones whose lock and end have passed; sweeps follow one another until
all are final, and every root and end is anchored.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench.arena import PLAYERS
from bench.arena import run as execute
from bench.goals import Line, line
from bench.harness import Plan, measure, middle, wall
from chain.models import Anchor
from config import sweeps
from league import players, seasons
from league.models import League, Round, Season
from markets import assets
from markets.models import Asset

MINUTE = timedelta(minutes=1)
NOW = datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC)
NOON = NOW.replace(second=0)
ASSETS = ("BTC", "ETH", "SOL")
ENTRIES = 20
MOST_SWEEPS = 100
EVERYTHING = "league_player, league_season, league_league, chain_anchor, chain_ledgerentry"
ROUNDS = """
    INSERT INTO league_round (id, season_id, asset_id, horizon, opens_at, locks_at, settles_at,
        status, version, is_sigma_borrowed, is_operator_held, is_move_accepted, hold_reason,
        attempts, reference_price, sigma_bp, width, settlement_price, outcome_bp, finalized_at)
    SELECT gen_random_uuid(), %(season)s, (ARRAY['BTC', 'ETH', 'SOL'])[1 + n %% 3], '5m',
        lock - interval '5 min', lock, lock + interval '5 min',
        %(status)s, 1, false, false, false, '', 0,
        price, price / 600, price / 60000, price, price - price, CASE WHEN price > 0 THEN lock END
    FROM (
        SELECT n, %(last)s::timestamptz - n / 3 * interval '1 min' AS lock,
            %(price)s::float8 AS price
        FROM generate_series(0, %(count)s - 1) AS n
    ) AS slot
"""
EVENTS = """
    INSERT INTO league_roundevent (round_id, version, from_status, to_status, at, reason, actor)
    SELECT id, 1, 'scheduled', status, opens_at, '', 'sweep' FROM league_round
"""
WORDS = """
    INSERT INTO predictions_prediction (id, round_id, player_id, form, basis, p10, p50, p90,
        accepted_at, is_withdrawn, revision, salt, payload_hash, digest, reasoning,
        is_simulated_reasoning)
    SELECT gen_random_uuid(), r.id, p.id, 'quantiles', 'return', -40 - p.id % 9, p.id % 5, 50,
        r.opens_at, false, 1, p.hash, p.hash, p.hash, '', false
    FROM league_round AS r, (
        SELECT id, decode(md5(id::text) || md5((id + 1)::text), 'hex') AS hash
        FROM league_player WHERE handle LIKE 'racer-%'
    ) AS p
"""
# What became of a round that is final; one entry of the ledger stands for all of theirs.
BEHIND = (
    """
    INSERT INTO predictions_commitment (round_id, round_key, root, count, committed_at,
        is_aggregated)
    SELECT id, md5(id::text) || md5(id::text || 'x'), repeat('0', 64), 0, locks_at, true
    FROM league_round
    """,
    """
    INSERT INTO predictions_settlement (round_id, evidence, ended_at, is_wished)
    SELECT id, '[]', settles_at, true FROM league_round
    """,
    """
    INSERT INTO chain_ledgerentry (seq, kind, subject, digest, count, at, previous, head)
    VALUES (0, 'board', repeat('1', 64), repeat('2', 64), 0, now(), repeat('3', 64),
        repeat('4', 64))
    """,
    """
    INSERT INTO chain_anchor (network, kind, subject, version, digest, count, payload, status,
        failure, attempts, requested_at, anchored_at, entry_id)
    SELECT 'local', kinds.kind, c.round_key, 1, c.root, 0, '{}', 'final', '', 0, c.committed_at,
        c.committed_at, e.id
    FROM predictions_commitment AS c, chain_ledgerentry AS e,
        (VALUES ('commitment'), ('settlement')) AS kinds (kind)
    """,
)


class NeverDone(Exception):
    """The sweeps did not come to an end."""


def run(plan: Plan) -> Iterator[Line]:
    yield idle(plan)
    yield catch_up(plan)


def idle(plan: Plan) -> Line:
    count = plan.pick(smoke=30, quick=10_000, full=10_000)
    season = begin(ends_at=NOW + timedelta(days=1))
    make(season, count=count, status="final", last=NOON - 10 * MINUTE, price=60_000.0)
    for statement in BEHIND:
        execute(statement)
    settle_down()
    execute("VACUUM ANALYZE")
    costs = [measure(lambda: sweeps.run(now=NOW)) for _ in range(plan.reps)]
    waiting = Round.objects.exclude(status="final").count()
    return line(
        "idle-sweep",
        floor="",
        ours=f"{middle(costs, of=wall) * 1e3:.1f} ms",
        value=middle(costs, of=wall) * 1e3,
        is_whole=not plan.is_smoke,
        detail=f"{count:,} rounds behind, {waiting:,} ahead, {costs[-1].statements} statements",
    )


def catch_up(plan: Plan) -> Line:
    count = plan.pick(smoke=6, quick=250, full=1_000)
    season = begin(ends_at=NOW + MINUTE)
    make(season, count=count, status="open", last=NOON - 10 * MINUTE, price=None)
    execute(WORDS)
    execute("VACUUM ANALYZE")
    began, looks = time.perf_counter(), 0
    while not is_done(count):
        sweeps.run(now=NOW + looks * timedelta(seconds=5))
        looks += 1
        if looks > MOST_SWEEPS:
            raise NeverDone(f"{Round.objects.filter(status='final').count()} of {count} final")
    took = time.perf_counter() - began
    return line(
        "catch-up",
        floor="",
        ours=f"{took:.1f} s",
        value=took * 1_000 / count,
        is_whole=not plan.is_smoke,
        detail=f"{count:,} rounds x {ENTRIES} predictions in {looks} sweeps; judged per thousand",
    )


def is_done(count: int) -> bool:
    final = Round.objects.filter(status="final").count()
    told = Anchor.objects.filter(status="final").count()
    return (final, told) == (count, 2 * count)


def settle_down() -> None:
    """Sweep until nothing is left to do as of now."""
    for _ in range(MOST_SWEEPS):
        if not any(sweeps.run(now=NOW).values()):
            return
    raise NeverDone("something is always due")


def begin(*, ends_at: datetime) -> Season:
    """In place of whatever season there was."""
    execute(f"TRUNCATE {EVERYTHING} CASCADE")
    assets.ensure_defaults()
    players.ensure_built_in(now=NOW - timedelta(days=99))
    league = League.objects.create(slug="bench", name="Bench", horizons=["5m"])
    league.assets.set(Asset.objects.filter(pk__in=ASSETS))
    plan = seasons.Plan("bench", "Bench", "simulated", NOW - timedelta(seconds=1), ends_at)
    execute(PLAYERS, [1, NOW, ENTRIES])
    return seasons.create(league=league, plan=plan)


def make(season: Season, *, count: int, status: str, last: datetime, price: float | None) -> None:
    values = {
        "season": season.pk, "status": status, "last": last, "price": price, "count": count,
    }  # fmt: skip
    execute(ROUNDS, values)
    execute(EVENTS)
