"""Strict request fields: no unknown names, plain numbers, instants of this century."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

PLAIN = re.compile(r"-?\d{1,12}(\.\d{1,8})?", re.ASCII)
LONGEST = 20
# Control, line and paragraph separators, private use, unassigned; and what leaves no ink.
UNSHOWN = {"Cc", "Zl", "Zp", "Co", "Cs", "Cn"}
BLANK = {"Zs", "Cf", "Mn"}
TURNING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def query_number(query: Mapping[str, str], name: str, *, default: int, low: int, high: int) -> int:
    """A query parameter of plain ASCII digits.

    :raises rest_framework.exceptions.ValidationError: for anything else, or outside the bounds.
    """
    given = query.get(name, str(default))
    is_number = given.isascii() and given.isdecimal() and len(given) <= len(str(high))
    if not is_number or not low <= int(given) <= high:
        raise serializers.ValidationError({name: [f"{low} to {high}."]})
    return int(given)


def validate_name(value: str) -> None:
    """A name is shown to others on one line, in reading order, and has something to see.

    :raises django.core.exceptions.ValidationError: for control and direction-changing characters,
        or nothing but blanks.
    """
    kinds = [unicodedata.category(character) for character in value]
    if UNSHOWN & set(kinds) or TURNING & set(value) or not set(kinds) - BLANK:
        raise ValidationError("Give letters people can see, on one line.", code="invalid_name")


def validate_instant(value: datetime) -> None:
    """Far years overflow when converted between zones.

    :raises django.core.exceptions.ValidationError: outside 2000 to 2200.
    """
    if not EARLIEST.year < value.year < LATEST.year:
        raise ValidationError("Give an instant between 2001 and 2199.", code="out_of_range")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know, so that a misspelt one is never silently ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """:raises rest_framework.exceptions.ValidationError: naming each unknown field."""
        if isinstance(data, Mapping):
            unknown = sorted(set(map(str, data)) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {name: ["Unknown field."] for name in unknown[:20]}, code="unknown_field"
                )
        return super().to_internal_value(data)


class PlainDecimalField(serializers.DecimalField):
    """A JSON number or a string, of at most 12 digits and 8 decimals; a string has no exponent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=20, decimal_places=8, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        is_number = isinstance(data, Decimal | int) and not isinstance(data, bool)
        text = plain(data) if is_number else data
        if not isinstance(text, str) or not PLAIN.fullmatch(text):
            self.fail("invalid")
        return super().to_internal_value(text)


def plain(number: Decimal | int) -> str:
    """Without an exponent where that is short: JSON's 0.0000001 has become Decimal's 1E-7."""
    return f"{number:f}" if abs(Decimal(number).adjusted()) < LONGEST else str(number)
