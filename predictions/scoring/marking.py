"""The scores of one round, written by one statement: the rule as SQL over the round's entries.

Everything the rule needs of the round is frozen, so it stands in the statement as numbers.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from league import gate
from league.models import Round
from predictions import terms
from predictions.forecasters import crowd
from predictions.scoring import levels, rules
from predictions.scoring.groups import Group, Median
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
    WITH entry AS (
        SELECT player.kind, {levels} FROM predictions_prediction AS word
        JOIN league_player AS player ON player.id = word.player_id
        WHERE word.round_id = %s AND NOT word.is_withdrawn
    ), {groups}
    {arms}
"""
GROUP: Final = "{group} AS (SELECT low, middle, high FROM entry WHERE kind IN ({kinds}))"
ARM: Final = """
    SELECT * FROM (
        SELECT {place} AS place, {level} AS bp FROM {group} ORDER BY {level}
        LIMIT 2 - (SELECT COUNT(*) FROM {group}) %% 2
        OFFSET (SELECT COUNT(*) - 1 FROM {group}) / 2
    ) AS middle_{place}
"""
MEMBERS: Final = "SELECT {place} AS place, COUNT(*) AS bp FROM {group}"
ASKED: Final = (*((ARM, level) for level in LEVELS), (MEMBERS, ""))  # of each group


def write(round_: Round) -> int:
    """Insert the score of every standing entry, in the caller's transaction. Returns how many."""
    entries = ENTRIES.format(levels=_levels(round_))
    statement = WRITE.format(points=terms.whole(_milli(round_)), entries=entries)
    return _run(statement, [gate.identifier(round_.pk), gate.identifier(round_.pk)])


def medians(round_: Round, *, of: Sequence[Group]) -> list[Median]:
    """Of those groups that have enough standing entries, in order; by one statement.

    The database sorts: only the one or two middle values of each level come back.
    """
    found: list[list[float]] = [[] for _ in range(len(of) * len(ASKED))]
    with connection.cursor() as cursor:
        cursor.execute(_middles(round_, of), [gate.identifier(round_.pk)])
        for place, bp in cursor.fetchall():
            found[place].append(bp)
    made = []
    for number, group in enumerate(of):
        *middles, (members,) = found[number * len(ASKED) :][: len(ASKED)]
        if members >= group.least:
            made.append(Median(group, int(members), crowd.between(middles)))
    return made


def _middles(round_: Round, of: Sequence[Group]) -> str:
    names = [f"of_{group.of}" for group in of]
    kinds = [", ".join(f"'{kind}'" for kind in group.kinds) for group in of]
    asked = [(arm, level, name) for name in names for arm, level in ASKED]
    return MIDDLES.format(
        levels=_levels(round_),
        groups=", ".join(
            GROUP.format(group=name, kinds=some) for name, some in zip(names, kinds, strict=True)
        ),
        arms=" UNION ALL ".join(
            arm.format(place=place, level=level, group=name)
            for place, (arm, level, name) in enumerate(asked)
        ),
    )


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
