"""Open rounds of public leagues, remembered: what never changes of a round, without asking."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from league.memories import Memory
from league.models import League, Round

# On a round `r`: it is still what was remembered of it, in a league that is still public.
STILL_SO = """
    AND r.opens_at = %(opens_at)s AND r.locks_at = %(locks_at)s AND r.settles_at = %(settles_at)s
    AND EXISTS (
        SELECT 1 FROM league_season AS s JOIN league_league AS l ON l.id = s.league_id
        WHERE s.id = r.season_id AND s.rules_hash = %(rules_hash)s AND l.visibility = 'public'
    )"""
_rounds: Final = Memory[Round](lifetime=timedelta(minutes=10), most=2_000)


def public_round(round_id: UUID, *, now: datetime) -> Round | None:
    """A round of a public league with its season; None for any other.

    Only what is fixed at its creation may be read from it: times, asset, horizon and season.
    """
    known = _rounds.recall(round_id, now=now)
    if known is not None:
        return known
    public = Round.objects.filter(season__league__visibility=League.Visibility.PUBLIC)
    found = public.select_related("season").filter(pk=round_id).first()
    if found is not None:
        _rounds.keep(round_id, found, now=now)
    return found


def so(round_: Round) -> dict[str, Any]:
    """STILL_SO's parameters."""
    adapt = connection.ops.adapt_datetimefield_value
    return {
        "opens_at": adapt(round_.opens_at),
        "locks_at": adapt(round_.locks_at),
        "settles_at": adapt(round_.settles_at),
        "rules_hash": round_.season.rules_hash,
    }
