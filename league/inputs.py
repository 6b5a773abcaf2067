"""Strict request fields: no unknown names, plain decimals, instants of this century."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

PLAIN = re.compile(r"-?\d{1,12}(\.\d{1,8})?", re.ASCII)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


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
    """A string or JSON number of at most 12 digits and 8 decimals: no exponent, no underscore."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=20, decimal_places=8, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        is_number = isinstance(data, Decimal | int) and not isinstance(data, bool)
        text = str(data) if is_number else data
        if not isinstance(text, str) or not PLAIN.fullmatch(text):
            self.fail("invalid")
        return super().to_internal_value(text)
