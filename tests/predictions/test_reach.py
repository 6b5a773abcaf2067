"""One ruler for all entries of a frame measures what a ruler of each would."""

import math
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from league.frames import Frame
from predictions import entry_forms, reach
from predictions.entry_forms import Entry

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
FRAMES = st.builds(
    Frame,
    price=st.decimals(min_value="0.001", max_value=200_000, places=8),
    sigma_bp=st.floats(min_value=0.5, max_value=900),
    width=st.floats(min_value=0.3, max_value=2),
    as_of=st.just(AS_OF),
    is_borrowed=st.booleans(),
)
LEVELS = st.lists(st.decimals(-5_000, 5_000, places=8), min_size=3, max_size=3).map(sorted)
ENTRIES = st.one_of(
    LEVELS.map(lambda each: entry_forms.quantiles(*each, basis="return")),
    st.decimals(-5_000, 5_000, places=8).map(lambda x: entry_forms.point(x, basis="return")),
    st.decimals("0.001", 200_000, places=8).filter(bool).map(entry_forms.point),
    st.decimals("0.02", "0.98", places=4).map(entry_forms.prob_up),
)


def plainly(entry: Entry, frame: Frame) -> list[Decimal] | str:
    """The prices, or the quantile that lies too far: the definition, word by word."""
    resolved = entry_forms.resolve_bp(
        entry, reference=float(frame.price), sigma_bp=frame.sigma_bp, width=frame.width
    )
    for field, distance in zip(("p10", "p50", "p90"), resolved, strict=True):
        if not math.fabs(distance) <= 6 * frame.sigma_bp:
            return field
    return [
        (frame.price * (Decimal(distance) / 10_000).exp()).quantize(
            Decimal("1e-8"), ROUND_HALF_EVEN
        )
        for distance in resolved
    ]


@given(frame=FRAMES, entries=st.lists(ENTRIES, min_size=1, max_size=5))
def test_a_shared_ruler_finds_what_the_definition_says(frame: Frame, entries: list[Entry]) -> None:
    ruler = reach.ruler(frame)
    for entry in entries:
        expected = plainly(entry, frame)
        if isinstance(expected, list):
            assert list(ruler.check(entry)) == expected
            assert reach.check(entry, frame=frame) == tuple(expected)
            continue
        with pytest.raises(reach.EntryTooFar, match=f"^{expected} lies ") as caught:
            ruler.check(entry)
        assert caught.value.code == "too_far"
        assert caught.value.field == (expected if entry.form == "quantiles" else entry.form)
