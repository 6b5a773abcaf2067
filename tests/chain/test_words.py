from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain import words
from chain.words import NotRepresentable


@given(st.integers(-(2**255), 2**255 - 1))
def test_int256_is_twos_complement(value: int) -> None:
    assert int.from_bytes(words.int256(value), "big", signed=True) == value


@pytest.mark.parametrize("value", [2**255, -(2**255) - 1])
def test_int256_refuses_what_does_not_fit(value: int) -> None:
    with pytest.raises(NotRepresentable):
        words.int256(value)


@pytest.mark.parametrize("value", [-1, 2**256])
def test_uint_refuses_what_does_not_fit(value: int) -> None:
    with pytest.raises(NotRepresentable):
        words.uint(value)


@pytest.mark.parametrize(
    ("value", "scaled"),
    [
        ("0", 0),
        ("-0", 0),
        ("1", 10**8),
        ("60000.00000001", 6_000_000_000_001),
        ("-35.5", -3_550_000_000),
        ("1E+3", 10**11),
        ("0.1000000000000", 10**7),
    ],
)
def test_a_decimal_is_scaled_by_1e8_exactly(value: str, scaled: int) -> None:
    assert words.fixed(Decimal(value)) == words.int256(scaled)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "0.000000001", "1E+999999", "1E-999999"])
def test_a_decimal_without_an_exact_word_is_refused(value: str) -> None:
    with pytest.raises(NotRepresentable):
        words.fixed(Decimal(value))


def test_an_instant_is_its_unix_second_in_any_zone() -> None:
    there = datetime(2025, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert words.instant(there) == words.uint(1_735_689_600)


@pytest.mark.parametrize(
    "value",
    [datetime(2025, 1, 1), datetime(2025, 1, 1, microsecond=1, tzinfo=UTC)],  # noqa: DTZ001
)
def test_an_instant_without_a_zone_or_between_seconds_is_refused(value: datetime) -> None:
    with pytest.raises(NotRepresentable):
        words.instant(value)


def test_an_address_is_left_padded() -> None:
    assert words.address("0x" + "Ab" * 20) == bytes(12) + b"\xab" * 20


@pytest.mark.parametrize("value", ["0x12", "0x" + "zz" * 20, ""])
def test_what_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(NotRepresentable):
        words.address(value)


def test_bytes32_refuses_other_lengths() -> None:
    with pytest.raises(NotRepresentable):
        words.bytes32(b"\0" * 31)


@given(digits=st.integers(-(10**45), 10**45), exponent=st.integers(-30, 20))
def test_a_number_is_its_exact_multiple_however_long_it_is(digits: int, exponent: int) -> None:
    value = Decimal(f"{digits}E{exponent}")
    exact = Fraction(value) * 10**8
    if exact.denominator == 1 and abs(exact) < 2**255:
        assert int.from_bytes(words.fixed(value), "big", signed=True) == exact
    else:
        with pytest.raises(NotRepresentable):
            words.fixed(value)


@pytest.mark.parametrize("text", ["0", "-0.00000000", "1E+9", "123456789012.12345678", "1E-8"])
def test_numbers_of_few_digits_are_exact(text: str) -> None:
    value = Decimal(text)
    assert int.from_bytes(words.fixed(value), "big", signed=True) == int(value.scaleb(8))
