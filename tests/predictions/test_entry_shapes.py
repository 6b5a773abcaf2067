"""The plain reader refuses what a framework's serializer does, with its codes and words."""

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from config import api_errors
from predictions import entry_shapes
from predictions.entry_forms import InvalidEntry
from predictions.entry_shapes import Misshapen
from predictions.serializers import EntrySerializer

VALUES: list[Any] = [
    "1", "0.5", "-3", "1.123456789", "1e3", "", " 1", "1\n", "\u0663", "1_0", "+1", ".5", "9" * 12,
    "9" * 13, "NaN", "Infinity", 7, -7, 0, 10**40,
    Decimal("1E-7"), Decimal("1E+30"), Decimal("-0"),
    True, False, None, [], ["1"], {}, {"a": 1},
]  # fmt: skip
FORMS: list[Any] = ["quantiles", "point", "prob_up", "line", "", None, 1, True, ["point"], {}]
BASES: list[Any] = ["price", "return", "else", None, 0, []]


def framework(data: Any) -> list[tuple[str, str, str]]:
    """What EntrySerializer's declared fields say."""
    form = EntrySerializer(data=data)
    try:
        form.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        found = api_errors.flatten(error.detail, "")
        return [(fault["pointer"], fault["code"], fault["detail"]) for fault in found]
    return []


def reader(data: Any) -> list[tuple[str, str, str]]:
    try:
        entry_shapes.read(data)
    except Misshapen as error:
        found = api_errors.fields_of(error)
        return [(fault["pointer"], fault["code"], fault["detail"]) for fault in found]
    except InvalidEntry:
        return []
    return []


def bodies() -> Iterator[Any]:
    yield from (None, [], "text", 5, True, {}, {"from": "point"}, {"form": "point", "a/b~c": 1})
    yield {str(number): 1 for number in range(30)}
    for form, basis in itertools.product(FORMS, BASES):
        yield {"form": form, "basis": basis, "point": "1"}
    for value in VALUES:
        yield {"form": "point", "point": value}
        yield {"form": "quantiles", "p10": "1", "p50": value, "p90": value}
        yield {"form": "prob_up", "prob_up": value, "basis": value}


@pytest.mark.parametrize("body", list(bodies()), ids=itertools.count())
def test_the_declared_fields_say_the_same(body: Any) -> None:
    said = framework(body)
    if said:
        assert reader(body) == said
    else:  # the fields are right one by one; how they belong together is the reader's alone
        assert {detail for _, _, detail in reader(body)} <= {
            "This form needs it.", "Not part of this form.", "A probability has no basis.",
        }  # fmt: skip


names = st.sampled_from(sorted(entry_shapes.FIELDS))
values = st.sampled_from([*VALUES, *FORMS, *BASES]) | st.decimals() | st.text() | st.integers()


@given(st.dictionaries(names, values))
def test_so_do_they_on_whatever_comes(body: dict[str, Any]) -> None:
    said = framework(body)
    assert not said or reader(body) == said


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"form": "point"}, [("point", "This form needs it.")]),
        ({"form": "point", "point": "1", "p10": "1"}, [("p10", "Not part of this form.")]),
        (
            {"form": "quantiles", "p50": "1"},
            [("p10", "This form needs it."), ("p90", "This form needs it.")],
        ),
        (
            {"form": "prob_up", "prob_up": "0.5", "basis": "return"},
            [("basis", "A probability has no basis.")],
        ),
    ],
)
def test_the_numbers_must_be_the_forms_own(
    body: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    with pytest.raises(Misshapen) as error:
        entry_shapes.read(body)
    assert [(fault.field, fault.detail) for fault in error.value.faults] == faults


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"form": "quantiles", "p10": "1", "p50": 2, "p90": Decimal("3.5")},
            ("quantiles", "price", "1", "2", "3.5"),
        ),
        ({"form": "point", "basis": "return", "point": "-7"}, ("point", "return", *["-7"] * 3)),
        ({"form": "prob_up", "prob_up": "0.65"}, ("prob_up", "return", *["0.65"] * 3)),
    ],
)
def test_an_entry_is_read_digit_by_digit(body: dict[str, Any], expected: tuple[str, ...]) -> None:
    entry = entry_shapes.read(body)
    numbers = [Decimal(text) for text in expected[2:]]
    assert (entry.form, entry.basis) == expected[:2]
    assert [entry.p10, entry.p50, entry.p90] == numbers
