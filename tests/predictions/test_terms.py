"""What terms write computes, in a database, exactly what the numbers do."""

import math

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from predictions import terms
from predictions.scoring import rules
from predictions.terms import Term

# PostgreSQL calls it an error when a product is too small for a double; the rule's never are.
DOUBLES = st.floats(-1e6, 1e6).map(lambda number: number if abs(number) > 1e-9 else 0.0)
pytestmark = pytest.mark.django_db


def computed(sql: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}")
        found: float = cursor.fetchone()[0]
    return found


def term(number: float) -> Term:
    return Term(terms.text(number))


@given(DOUBLES, DOUBLES)
def test_every_operation_is_the_same_double(a: float, b: float) -> None:
    x, y = term(a), term(b)
    pairs: list[tuple[Term, float]] = [
        (x + y, a + b), (x - y, a - b), (x * y, a * b), (x + b, a + b), (a + y, a + b),
        (x - b, a - b), (a - y, a - b), (x * b, a * b), (a * y, a * b),
        (terms.larger(x, y), max(a, b)),
    ]  # fmt: skip
    if b:
        pairs += [(x / y, a / b), (x / b, a / b), (a / y, a / b)]
    for written, number in pairs:
        assert computed(written.sql) == number


@given(st.floats(1e-6, 1e9))
def test_logarithm_and_root(number: float) -> None:
    assert computed(terms.log(term(number)).sql) == math.log(number)
    assert computed(terms.root(term(number)).sql) == math.sqrt(number)


@pytest.mark.parametrize("number", [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994, 7.0])
def test_halves_go_to_the_even_neighbour(number: float) -> None:
    assert computed(terms.whole(term(number))) == round(number)


@given(st.floats(-4e6, 4e6))
def test_whole_is_pythons_round(number: float) -> None:
    assert computed(terms.whole(term(number))) == round(number)


@given(st.tuples(DOUBLES, DOUBLES, DOUBLES), DOUBLES, st.floats(5, 3000))
def test_the_rule_is_the_same_rule(
    levels: tuple[float, float, float], outcome: float, sigma: float
) -> None:
    low, middle, high = (term(level) for level in levels)
    written = rules.milli(
        (low, middle, high), outcome_bp=outcome, sigma_bp=sigma, width=0.9, larger=terms.larger
    )
    assert computed(written.sql) == rules.milli(
        levels, outcome_bp=outcome, sigma_bp=sigma, width=0.9
    )
    assert computed(terms.whole(written)) == rules.points_milli(
        levels, outcome_bp=outcome, sigma_bp=sigma, width=0.9
    )


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_what_is_no_number_is_not_written(number: float) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        terms.text(number)
