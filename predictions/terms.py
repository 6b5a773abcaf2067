"""Arithmetic written down instead of carried out: one formula for numbers and for SQL. Pure.

A rule that is a function of numbers gives, called with terms, the text that computes it row by
row: the rule exists once. Both sides work in IEEE doubles, in the order the rule is written in.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias, TypeVar


@dataclass(frozen=True, slots=True)
class Term:
    """A double in SQL: a column, or an expression in brackets."""

    sql: str

    def __add__(self, other: "float | Term") -> "Term":
        return Term(f"({self.sql} + {text(other)})")

    def __radd__(self, other: float) -> "Term":
        return Term(f"({text(other)} + {self.sql})")

    def __sub__(self, other: "float | Term") -> "Term":
        return Term(f"({self.sql} - {text(other)})")

    def __rsub__(self, other: float) -> "Term":
        return Term(f"({text(other)} - {self.sql})")

    def __mul__(self, other: "float | Term") -> "Term":
        return Term(f"({self.sql} * {text(other)})")

    def __rmul__(self, other: float) -> "Term":
        return Term(f"({text(other)} * {self.sql})")

    def __truediv__(self, other: "float | Term") -> "Term":
        return Term(f"({self.sql} / {text(other)})")

    def __rtruediv__(self, other: float) -> "Term":
        return Term(f"({text(other)} / {self.sql})")


NO_FRACTION = 1.5 * 2.0**52
Number = TypeVar("Number", float, Term)
Scale: TypeAlias = float | Term  # a number in the statement, or a column: each row has its own


def text(number: "float | Term") -> str:
    """:raises ValueError: for infinity and for what is no number."""
    if isinstance(number, Term):
        return number.sql
    if not math.isfinite(number):
        raise ValueError(f"{number} cannot be written in SQL")
    return f"CAST({float(number)!r} AS double precision)"


def double(column: str) -> Term:
    """A column of any numeric type, as a double."""
    return Term(f"CAST({column} AS double precision)")


def larger(one: Term, other: Term) -> Term:
    """The maximum, without a function that databases name differently."""
    return Term(f"(CASE WHEN {one.sql} >= {other.sql} THEN {one.sql} ELSE {other.sql} END)")


def log(number: Term) -> Term:
    return Term(f"LN({number.sql})")


def root(number: Term) -> Term:
    return Term(f"SQRT({number.sql})")


def either(condition: str, then: Term, otherwise: Term) -> Term:
    return Term(f"(CASE WHEN {condition} THEN {then.sql} ELSE {otherwise.sql} END)")


def whole(number: Term) -> str:
    """Rounded to an integer, halves to even, as Python's round does and SQLite's does not.

    Beside 1.5 * 2^52 a double has no room for a fraction: adding it rounds, subtracting it tells.
    """
    return f"CAST(({number.sql} + {NO_FRACTION!r}) - {NO_FRACTION!r} AS bigint)"
