import decimal
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markets import consensus


@dataclass(frozen=True)
class Said:
    source: str
    value: Decimal | None

    @property
    def is_valid(self) -> bool:
        return self.value is not None


def said(*values: str | None) -> list[Said]:
    names = ("a", "b", "c", "d", "e")
    return [
        Said(name, None if value is None else Decimal(value))
        for name, value in zip(names, values, strict=False)
    ]


@pytest.mark.parametrize(
    ("values", "price", "used"),
    [
        (("100", "100.1", "100.3"), "100.1", "abc"),
        (("100", "100.1", "100.2", "100.3"), "100.15", "abcd"),
        (("100", "100.2"), "100.1", "ab"),
        (("100", "100.1", "250"), "100.05", "ab"),
        (("100", "100.1", "100.2", "60000000"), "100.1", "abc"),
        (("100", None, "100.1"), "100.05", "ac"),
        (("0.00000001", "0.00000001", "0.00000001"), "0.00000001", "abc"),
        (("1.00000001", "1.00000002"), "1.00000002", "ab"),
        (("1.00000002", "1.00000003"), "1.00000002", "ab"),
    ],
)
def test_the_price_is_the_median_of_those_near_the_median(
    values: Sequence[str | None], price: str, used: str
) -> None:
    agreed = consensus.compute_price(said(*values), divergence_bp=50)
    assert agreed.price == Decimal(price).quantize(consensus.PLACES)
    assert agreed.sources == tuple(used)
    assert agreed.price.as_tuple().exponent == -8


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((), "too_few_sources"),
        (("100",), "too_few_sources"),
        (("100", None, None), "too_few_sources"),
        (("100", "101.2"), "sources_disagree"),
        (("100", "104"), "sources_disagree"),
        (("100", "102.1", "98"), "sources_disagree"),
        (("100", "100.9", "100", "100.9"), "sources_disagree"),
    ],
)
def test_no_price_without_two_sources_that_agree(
    values: Sequence[str | None], reason: str
) -> None:
    with pytest.raises(consensus.PriceDisputed) as caught:
        consensus.compute_price(said(*values), divergence_bp=25)
    assert caught.value.reason == reason


def test_live_prices_want_three_sources_asked_not_three_valid() -> None:
    with pytest.raises(consensus.PriceDisputed, match="too_few"):
        consensus.compute_price(said("100", "100"), divergence_bp=50, configured=3)
    agreed = consensus.compute_price(said("100", "100", None), divergence_bp=50, configured=3)
    assert agreed.sources == ("a", "b")


def test_the_divergence_limit_is_the_assets_own() -> None:
    values = said("100", "100.4", "100.8")
    assert consensus.compute_price(values, divergence_bp=50).price == Decimal("100.4")
    with pytest.raises(consensus.PriceDisputed, match="disagree"):
        consensus.compute_price(values, divergence_bp=25)


def test_an_outlier_is_named() -> None:
    agreed = consensus.compute_price(said("100", "100.1", "100.05", "103"), divergence_bp=50)
    assert agreed.dropped == ("d",)
    assert agreed.deviation_bp < 10


@given(st.lists(st.decimals("99.7", "100.3", places=4), min_size=2, max_size=5))
def test_neither_order_nor_context_changes_a_price(values: list[Decimal]) -> None:
    rows = said(*map(str, values))
    expected = consensus.compute_price(rows, divergence_bp=100)
    for shuffled in itertools.islice(itertools.permutations(rows), 24):
        with decimal.localcontext(decimal.Context(prec=5, rounding=decimal.ROUND_UP)):
            assert consensus.compute_price(shuffled, divergence_bp=100) == expected


def jump(values: Sequence[str | None], *, last: str | None, sigma: float | None = None) -> None:
    rows = said(*values)
    agreed = consensus.compute_price(rows, divergence_bp=100)
    last_price = None if last is None else Decimal(last)
    consensus.check_jump(agreed.price, rows, last_price=last_price, sigma_bp=sigma)


@pytest.mark.parametrize(
    ("values", "last", "sigma"),
    [
        (("100", "100.9", "100.9"), None, None),
        (("100", "100.9", "100.9"), "90", None),
        (("100", "100.9", "100.9"), "60", 900.0),
        (("100", "100.1", "100.2"), "60", 10.0),
    ],
    ids=["no last", "under 20 %", "under 8 sigma", "all see it"],
)
def test_a_plausible_move_passes(
    values: Sequence[str | None], last: str | None, sigma: float | None
) -> None:
    jump(values, last=last, sigma=sigma)


@pytest.mark.parametrize("values", [("100", "100.9", "100.9"), ("100", "100", None)])
@pytest.mark.parametrize("last", ["60", "130"])
def test_a_big_move_must_be_seen_by_every_source(values: Sequence[str | None], last: str) -> None:
    with pytest.raises(consensus.PriceDisputed, match="implausible_jump"):
        jump(values, last=last, sigma=100.0)


def test_fragility_tells_how_the_price_hangs_on_each_source() -> None:
    rows = said("100", "100.1", "100.4", "250")
    agreed = consensus.compute_price(rows, divergence_bp=50)
    fragile = consensus.fragility(rows, agreed)
    assert agreed.price == Decimal("100.1")
    assert set(fragile.without) == {"a", "b", "c"}
    assert float(fragile.without["a"]) == pytest.approx(14.97, abs=0.01)
    assert float(fragile.without["c"]) == pytest.approx(-5.0, abs=0.01)
    assert float(fragile.as_mean) == pytest.approx(6.66, abs=0.01)
    assert fragile.widest_bp == fragile.without["a"]
