"""One byte string per JSON value: sorted keys, no spaces, ASCII, no NaN, text keys only."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chain.hashing import keccak256


class NotCanonical(ValueError):
    """A value has no single JSON form (a Decimal, NaN, a datetime, a key that is not text)."""


def encode(value: Any) -> bytes:
    """The canonical JSON bytes of `value`. :raises NotCanonical: when it has none."""
    _require_text_keys(value)
    try:
        text = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
        )
    except (TypeError, ValueError) as error:
        raise NotCanonical(str(error)) from error
    return text.encode("ascii")


def digest(value: Any) -> bytes:
    """Keccak-256 of the canonical JSON. :raises NotCanonical: when `value` has none."""
    return keccak256(encode(value))


def _require_text_keys(value: Any) -> None:
    """JSON would turn 1, True and None into text after sorting, so a reload could reorder them."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"The key {key!r} is not text.")
            _require_text_keys(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for inner in value:
            _require_text_keys(inner)
