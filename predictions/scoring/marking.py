"""The scores of one round, written by one statement: the rule as SQL over the round's entries.

Everything the rule needs of the round is frozen, so it stands in the statement as numbers.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from league import gate
from league.models import Round
from predictions import terms
from predictions.scoring import levels, rules
from predictions.terms import Term

LEVELS: Final = levels.NAMES
# Entries in the order they are committed: see predictions.leaves. Beside a window PostgreSQL
# computes the levels once a row; merged into the rule they would be computed at every mention.
ENTRIES: Final = """
    SELECT word.player_id, ROW_NUMBER() OVER (ORDER BY word.id) - 1 AS seq, {levels}
    FROM predictions_prediction AS word
    WHERE word.round_id = %s AND NOT word.is_withdrawn
"""
WRITE: Final = """
    INSERT INTO predictions_score (round_id, player_id, settlement_version, seq, points_milli)
    SELECT %s, entry.player_id, 1, entry.seq, {points}
    FROM ({entries}) AS entry
    ORDER BY entry.player_id
"""
MIDDLES: Final = """
    WITH human AS (
        SELECT {levels} FROM predictions_prediction AS word
        JOIN league_player AS player ON player.id = word.player_id AND player.kind = 'human'
        WHERE word.round_id = %s AND NOT word.is_withdrawn
    )
    {arms}
"""
ARM: Final = """
    SELECT * FROM (
        SELECT {place} AS place, {level} AS bp FROM human ORDER BY {level}
        LIMIT 2 - (SELECT COUNT(*) FROM human) %% 2 OFFSET (SELECT COUNT(*) - 1 FROM human) / 2
    ) AS {level}
"""
PEOPLE: Final = "SELECT {place} AS place, COUNT(*) AS bp FROM human"


def write(round_: Round) -> int:
    """Insert the score of every standing entry, in the caller's transaction. Returns how many."""
    entries = ENTRIES.format(levels=_levels(round_))
    statement = WRITE.format(points=terms.whole(_milli(round_)), entries=entries)
    return _run(statement, [gate.identifier(round_.pk), gate.identifier(round_.pk)])


def middles(round_: Round) -> tuple[int, list[list[float]]]:
    """How many humans' entries stand, and the one or two middle values of each level over them.

    The values are basis points.
    """
    arms = [ARM.format(place=place, level=level) for place, level in enumerate(LEVELS)]
    arms.append(PEOPLE.format(place=len(LEVELS)))
    statement = MIDDLES.format(levels=_levels(round_), arms=" UNION ALL ".join(arms))
    found: list[list[float]] = [[] for _ in arms]
    with connection.cursor() as cursor:
        cursor.execute(statement, [gate.identifier(round_.pk)])
        for place, bp in cursor.fetchall():
            found[place].append(bp)
    *levels, (people,) = found
    return int(people), levels


def _milli(round_: Round) -> Term:
    low, middle, high = (Term(f"entry.{level}") for level in LEVELS)
    return rules.milli(
        (low, middle, high),
        outcome_bp=round_.outcome_bp or 0.0,
        sigma_bp=round_.sigma_bp or 0.0,
        width=round_.width or 0.0,
        larger=terms.larger,
    )


def _levels(round_: Round) -> str:
    """The columns low, middle and high: what entry_forms.resolve_bp makes of a word."""
    return levels.columns(
        levels.Frozen(
            reference=float(round_.reference_price or 0),
            sigma_bp=round_.sigma_bp or 0.0,
            width=round_.width or 0.0,
        )
    )


def _run(statement: str, values: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
