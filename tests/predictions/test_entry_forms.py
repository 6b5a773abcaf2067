import contextlib
import math
from decimal import Decimal
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from league.volatility import house_quantiles_bp
from predictions import entry_forms
from predictions.entry_forms import Entry, InvalidEntry

D = Decimal
NOT_FINITE = [D("NaN"), D("sNaN"), D("Infinity"), D("-Infinity")]
PRICES = st.decimals("0.00000001", "999999999999", places=8)
RETURNS = st.decimals("-5000", "5000", places=4)
PROBABILITIES = st.decimals("0.02", "0.98", places=6)


def bp(entry: Entry, *, reference: float = 60_000.0, sigma: float = 250.0) -> tuple[float, ...]:
    return entry_forms.resolve_bp(entry, reference=reference, sigma_bp=sigma, width=0.9)


def refusal(error: pytest.ExceptionInfo[InvalidEntry]) -> tuple[str, str]:
    return error.value.field, error.value.code


# -- what is accepted, and what it stands for ----------------------------------------------------
@given(three=st.tuples(PRICES, PRICES, PRICES).map(sorted))
def test_ascending_prices_are_kept_as_they_were_given(three: list[Decimal]) -> None:
    entry = entry_forms.quantiles(*three)
    assert (entry.form, entry.basis) == ("quantiles", "price")
    assert [entry.p10, entry.p50, entry.p90] == three


def test_equal_quantiles_are_ascending_enough() -> None:
    entry = entry_forms.quantiles(D(5), D(5), D(5))
    assert entry.p10 == entry.p90


@given(three=st.tuples(RETURNS, RETURNS, RETURNS).map(sorted))
def test_returns_are_basis_points_from_the_reference_whatever_it_is(three: list[Decimal]) -> None:
    entry = entry_forms.quantiles(*three, basis="return")
    assert bp(entry) == bp(entry, reference=0.001) == tuple(float(level) for level in three)


@given(ratio=st.decimals("0.5", "2", places=6))
def test_a_price_is_its_log_return_from_the_reference(ratio: Decimal) -> None:
    entry = entry_forms.quantiles(*[ratio * 60_000] * 3)
    assert bp(entry)[1] == pytest.approx(1e4 * math.log(ratio), abs=1e-8)


@given(value=st.decimals("1000", "90000", places=2), sigma=st.floats(5, 2000))
def test_a_point_keeps_its_median_and_takes_the_houses_shape(value: Decimal, sigma: float) -> None:
    low, middle, high = bp(entry_forms.point(value), sigma=sigma)
    house = house_quantiles_bp(sigma, width=0.9)
    assert middle == pytest.approx(1e4 * math.log(float(value) / 60_000), abs=1e-8)
    assert low - middle == pytest.approx(house[0], rel=1e-9, abs=1e-6)
    assert high - middle == pytest.approx(house[2], rel=1e-9, abs=1e-6)


@given(shift=RETURNS)
def test_a_point_of_return_is_its_own_median(shift: Decimal) -> None:
    assert bp(entry_forms.point(shift, basis="return"))[1] == float(shift)


@given(pair=st.tuples(PROBABILITIES, PROBABILITIES).map(sorted))
def test_a_higher_probability_never_lowers_a_quantile(pair: list[Decimal]) -> None:
    below, above = (bp(entry_forms.prob_up(p)) for p in pair)
    assert all(low <= high for low, high in zip(below, above, strict=True))
    if pair[0] < pair[1]:
        assert below[1] < above[1]


@given(probability=PROBABILITIES, sigma=st.floats(5, 2000))
def test_the_shape_of_a_probability_gives_it_back(probability: Decimal, sigma: float) -> None:
    _, middle, _ = bp(entry_forms.prob_up(probability), sigma=sigma)
    above_zero = 1 - NormalDist(middle, 0.9 * sigma).cdf(0)
    assert above_zero == pytest.approx(float(probability), abs=1e-9)


def test_the_ends_of_the_probability_range_are_in() -> None:
    assert entry_forms.prob_up(D("0.02")).p50 == D("0.02")
    assert entry_forms.prob_up(D("0.98")).form == "prob_up"


# -- what is refused, and under which name -------------------------------------------------------
@pytest.mark.parametrize(
    ("three", "field"),
    [((3, 2, 4), "p50"), ((1, 3, 2), "p90"), ((3, 2, 1), "p50"), ((2, 1, 3), "p50")],
)
def test_unsorted_quantiles_are_refused_naming_the_first_that_falls(
    three: tuple[int, ...], field: str
) -> None:
    for basis in ("price", "return"):
        with pytest.raises(InvalidEntry) as error:
            entry_forms.quantiles(*(D(value) for value in three), basis=basis)
        assert refusal(error) == (field, "unsorted")


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("value", NOT_FINITE)
def test_every_quantile_must_be_finite(place: int, value: Decimal) -> None:
    three = [D(1), D(2), D(3)]
    three[place] = value
    with pytest.raises(InvalidEntry) as error:
        entry_forms.quantiles(*three)
    assert refusal(error) == (("p10", "p50", "p90")[place], "not_a_number")


@pytest.mark.parametrize("value", NOT_FINITE)
def test_points_and_probabilities_must_be_finite(value: Decimal) -> None:
    with pytest.raises(InvalidEntry) as error:
        entry_forms.point(value)
    assert refusal(error) == ("point", "not_a_number")
    with pytest.raises(InvalidEntry) as error:
        entry_forms.prob_up(value)
    assert refusal(error) == ("prob_up", "not_a_number")


@pytest.mark.parametrize("value", [D(0), D("-0"), D("-1"), D("-0.00000001")])
def test_a_price_is_greater_than_zero(value: Decimal) -> None:
    with pytest.raises(InvalidEntry) as error:
        entry_forms.point(value)
    assert refusal(error) == ("point", "not_positive")
    assert entry_forms.point(value, basis="return").p50 == value


@pytest.mark.parametrize("value", [D("1e12"), D("-1e12"), D("1e400"), D("9" * 40)])
def test_what_the_store_cannot_hold_is_too_large(value: Decimal) -> None:
    with pytest.raises(InvalidEntry) as error:
        entry_forms.point(value, basis="return")
    assert refusal(error) == ("point", "too_large")


@pytest.mark.parametrize(
    "text",
    [
        "0.123456789",
        "60000.000000001",
        "1e-9",
        "1e-999999",
        "60000." + "0" * 30 + "1",  # more digits than a decimal context keeps
        "100000000000." + "0" * 20 + "1",
    ],
)
def test_a_ninth_decimal_is_refused_however_many_follow(text: str) -> None:
    for basis in ("price", "return"):
        with pytest.raises(InvalidEntry) as error:
            entry_forms.point(D(text), basis=basis)
        assert refusal(error) == ("point", "too_precise")


@pytest.mark.parametrize("text", ["1.00000000", "1.000000000000", "6E+4", "0.00000001"])
def test_trailing_zeros_and_exponents_are_not_precision(text: str) -> None:
    assert entry_forms.point(D(text)).p50 == D(text)


@pytest.mark.parametrize("text", ["0", "0.0199999", "0.9800001", "1", "65", "-0.5"])
def test_a_probability_too_near_certainty_is_out_of_range(text: str) -> None:
    with pytest.raises(InvalidEntry) as error:
        entry_forms.prob_up(D(text))
    assert refusal(error) == ("prob_up", "out_of_range")


def test_an_unknown_basis_is_named() -> None:
    with pytest.raises(InvalidEntry) as error:
        entry_forms.point(D(1), basis="log")
    assert refusal(error) == ("basis", "unknown")


@given(
    value=st.decimals(allow_nan=True, allow_infinity=True),
    basis=st.sampled_from(("price", "return")),
)
def test_no_number_is_met_with_anything_but_an_entry_or_a_named_refusal(
    value: Decimal, basis: str
) -> None:
    entry = None
    with contextlib.suppress(InvalidEntry):
        entry = entry_forms.point(value, basis=basis)
    if entry is None:
        return
    assert entry.p50 == entry.p50.quantize(D("1e-8"))
    assert all(math.isfinite(level) for level in bp(entry))
