from decimal import Decimal
from typing import Any

import pytest

from chain import canonical
from chain.canonical import NotCanonical
from chain.hashing import keccak256


def test_keys_are_sorted_spaces_absent_and_text_is_ascii() -> None:
    assert canonical.encode({"b": [1, True, None], "a": {"é": "ü", "A": 0.5}}) == (
        b'{"a":{"A":0.5,"\\u00e9":"\\u00fc"},"b":[1,true,null]}'
    )


def test_the_order_of_insertion_does_not_matter() -> None:
    assert canonical.digest({"a": 1, "b": 2}) == canonical.digest({"b": 2, "a": 1})


def test_the_digest_is_keccak_of_the_bytes() -> None:
    assert canonical.digest({"a": 1}) == keccak256(b'{"a":1}')


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal(1), b"x", {1: "a"}, [{"a": {None: 1}}], {1, 2}]
)
def test_what_has_no_single_json_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical.encode(value)
