"""Open rounds of public leagues, remembered: what never changes of a round, without asking."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections

from chain import series
from league import gate, prepared
from league.memories import Memory
from league.models import Round, Season

# On a round `r`: it is still what was remembered of it, in a league that is still public.
STILL_SO = """
    AND r.opens_at = %(opens_at)s AND r.locks_at = %(locks_at)s AND r.settles_at = %(settles_at)s
    AND EXISTS (
        SELECT 1 FROM league_season AS s JOIN league_league AS l ON l.id = s.league_id
        WHERE s.id = r.season_id AND s.rules_hash = %(rules_hash)s AND l.visibility = 'public'
    )"""
# For many rounds: `gate` let those through with COLUMNS that are remembered so in `facts`, and
# their seasons' rules in `pinned`.
COLUMNS = ", r.season_id, r.opens_at, r.locks_at, r.settles_at"
EACH_STILL_SO = """(
        SELECT count(*) FROM (
            SELECT id, opens_at, locks_at, settles_at FROM gate INTERSECT
            SELECT round_id, opens_at, locks_at, settles_at FROM facts
        ) AS same
    ) = %(count)s AND NOT EXISTS (
        SELECT 1 FROM (
            SELECT season_id FROM gate EXCEPT
            SELECT s.id FROM pinned JOIN league_season AS s USING (id, rules_hash)
            JOIN league_league AS l ON l.id = s.league_id WHERE l.visibility = 'public'
        ) AS changed
    )"""
ONE = """
    SELECT r.season_id, r.asset_id, r.horizon, r.opens_at, r.locks_at, r.settles_at
    FROM league_round AS r
    JOIN league_season AS s ON s.id = r.season_id JOIN league_league AS l ON l.id = s.league_id
    WHERE r.id = %(round_id)s AND l.visibility = 'public'
"""
# One text for all: a driver takes longer for every row and column than for a line.
MANY = """
    SELECT string_agg(concat_ws(
        chr(9), replace(r.id::text, '-', ''), r.season_id, r.asset_id, r.horizon,
        extract(epoch FROM r.opens_at)::bigint, extract(epoch FROM r.locks_at)::bigint,
        extract(epoch FROM r.settles_at)::bigint
    ), chr(10))
    FROM league_round AS r
    JOIN league_season AS s ON s.id = r.season_id JOIN league_league AS l ON l.id = s.league_id
    WHERE r.id = ANY(string_to_array(%(round_ids)s, ',')::uuid[]) AND l.visibility = 'public'
"""
FIXED = ["id", "season_id", "asset_id", "horizon", "opens_at", "locks_at", "settles_at"]
_rounds: Final = Memory[Round](lifetime=timedelta(minutes=10), most=2_000)
_seasons: Final = Memory[Season](lifetime=timedelta(minutes=10), most=100)
_facts: Final = Memory["Facts"](lifetime=timedelta(minutes=10), most=10_000)


class Facts(NamedTuple):
    """What is fixed of a round at its creation; its instants are Unix seconds."""

    round_id: UUID
    season: Season
    asset_id: str
    horizon: str
    opens_s: int
    locks_s: int
    settles_s: int
    round_key: bytes
    market: str  # rounds of one market share their frame

    def example(self) -> Round:
        """A round of this market that is in no database: for measuring its frame."""
        return Round(season=self.season, asset_id=self.asset_id, horizon=self.horizon)


def public_round(round_id: UUID, *, now: datetime) -> Round | None:
    """A round of a public league with its season; None for any other.

    Only what is fixed at its creation is in it: the rest is deferred, and as of when it is read.
    """
    known = _rounds.recall(round_id, now=now)
    if known is not None:
        return known
    with prepared.cursor(connections[DEFAULT_DB_ALIAS]) as cursor:
        cursor.execute(ONE, {"round_id": gate.identifier(round_id)})
        row = cursor.fetchone()
    if row is None:
        return None
    season_id, asset_id, horizon, *instants = row
    values = [round_id, season_id, asset_id, horizon, *map(gate.instant, instants)]
    found: Round = Round.from_db(DEFAULT_DB_ALIAS, FIXED, values)
    found.season = _season(str(season_id), now=now)
    _rounds.keep(round_id, found, now=now)
    return found


def public_facts(round_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, Facts]:
    """Of those rounds that are in a public league; PostgreSQL only."""
    found: dict[UUID, Facts] = _facts.recall_all(round_ids, now=now)
    unknown = [key for key in round_ids if key not in found]
    if unknown:
        read = _read(unknown, now=now)
        _facts.keep_all(read, now=now)
        found |= read
    return found


def _read(round_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, Facts]:
    ids = {key.hex: key for key in round_ids}
    with prepared.cursor(connections[DEFAULT_DB_ALIAS]) as cursor:
        cursor.execute(MANY, {"round_ids": ",".join(ids)})
        lines: str = cursor.fetchone()[0] or ""
    rows = [line.split("\t") for line in lines.splitlines()]
    seasons = {key: _season(key, now=now) for key in {row[1] for row in rows}}
    made = (_made(ids[row[0]], seasons[row[1]], row[2:]) for row in rows)
    return {facts.round_id: facts for facts in made}


def _made(round_id: UUID, season: Season, texts: Sequence[str]) -> Facts:
    asset_id, horizon, *instants = texts
    opens, locks, settles = map(int, instants)
    key = series.round_key(
        season.pinned["league"],
        asset_id,
        instants_s=(opens, locks, settles),
        rules_hash=season.rules_hash,
    )
    market = f"{season.pk} {asset_id} {horizon}"
    return Facts(round_id, season, asset_id, horizon, opens, locks, settles, key, market)


def _season(key: str, *, now: datetime) -> Season:
    known = _seasons.recall(key, now=now)
    if known is None:
        known = Season.objects.get(pk=key)
        _seasons.keep(key, known, now=now)
    return known


def so(round_: Round) -> dict[str, Any]:
    """STILL_SO's parameters."""
    adapt = connection.ops.adapt_datetimefield_value
    return {
        "opens_at": adapt(round_.opens_at),
        "locks_at": adapt(round_.locks_at),
        "settles_at": adapt(round_.settles_at),
        "rules_hash": round_.season.rules_hash,
    }
