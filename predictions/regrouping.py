"""What was put together of a round's entries, computed anew from them, one round at a time."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from league.models import Round
from predictions.models import Aggregate, Commitment
from predictions.scoring import derivation

CHUNK: Final = 1000
# Two libraries may differ in the last bit of a logarithm; of a price this is less than a tick.
CLOSE_BP: Final = 1e-9


def aggregates_unlike_their_entries(since: datetime) -> int:
    """I8: every aggregate is the median of its entries, and there is one for all who are enough.

    Of the rounds done so far.
    """
    done = Commitment.objects.filter(is_aggregated=True, round__settles_at__gte=since)
    rounds = (made.round for made in done.select_related("round").iterator(chunk_size=CHUNK))
    return sum(not _is_as_derived(round_) for round_ in rounds)


def _is_as_derived(round_: Round) -> bool:
    try:
        derived = [median.row(round_) for median in derivation.medians_of(round_)]
    except (ArithmeticError, LookupError, ValueError):
        return False  # what cannot even be computed with
    stored = _by_kind(Aggregate.objects.filter(round=round_))
    expected = _by_kind(derived)
    return stored.keys() == expected.keys() and all(
        _is_close(stored[kind], expected[kind]) for kind in expected
    )


def _by_kind(rows: Iterable[Aggregate]) -> dict[str, Aggregate]:
    return {str(row.kind): row for row in rows}


def _is_close(one: Aggregate, other: Aggregate) -> bool:
    pairs = zip(_levels(one), _levels(other), strict=True)
    return one.count == other.count and all(
        math.isclose(mine, theirs, rel_tol=CLOSE_BP, abs_tol=CLOSE_BP) for mine, theirs in pairs
    )


def _levels(row: Aggregate) -> tuple[float, float, float]:
    return row.low_bp, row.middle_bp, row.high_bp
