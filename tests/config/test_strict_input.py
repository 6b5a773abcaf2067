import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from config import strict_input


def test_numbers_keep_every_digit() -> None:
    assert strict_input.parse(b'{"a": 0.1, "b": 12345678901234567890}') == {
        "a": Decimal("0.1"),
        "b": 12345678901234567890,
    }


def test_brackets_inside_strings_are_not_depth() -> None:
    assert strict_input.parse(b'["' + b"[" * 500 + b'\\"]"]') == ["[" * 500 + '"]']


@pytest.mark.parametrize("depth", [20, 21])
def test_depth_ends_at_twenty(depth: int) -> None:
    body = b"[" * depth + b"]" * depth
    if depth <= strict_input.DEEPEST:
        assert strict_input.parse(body)
    else:
        with pytest.raises(ParseError, match="deeper"):
            strict_input.parse(body)


@given(st.text(alphabet='[]{}",:a', max_size=120))
def test_depth_is_the_same_with_and_without_escapes(text: str) -> None:
    """A text without a backslash is searched in a quicker way."""
    deep = "[" * 15 + text

    def is_refused(said: str) -> bool:
        try:
            strict_input.check_depth(said)
        except ParseError:
            return True
        return False

    assert is_refused(deep) == is_refused(f'"\\n"{deep}')


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\uDFFF"])
def test_odd_text_is_found_in_names_and_values(text: str) -> None:
    for body in (f'{{"{text}": 1}}', f'[["{text}"]]'):
        with pytest.raises(ParseError, match="NUL or half"):
            strict_input.parse(body.encode())


@given(st.binary(max_size=200))
def test_arbitrary_bytes_parse_or_are_refused(body: bytes) -> None:
    with contextlib.suppress(ParseError):
        strict_input.parse(body)
