"""The three ways to give a prediction, and the quantiles each stands for. Pure."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist
from typing import Any, cast

from league.volatility import LEVELS
from predictions.terms import Number, Scale

TICK = Decimal("1e-8")
LARGEST = Decimal(10) ** 12
LEAST_PROBABILITY = Decimal("0.02")
MOST_PROBABILITY = Decimal("0.98")
QUANTILES, POINT, PROB_UP = "quantiles", "point", "prob_up"
PRICE, RETURN = "price", "return"


class InvalidEntry(Exception):
    """A number that no prediction can hold; `field` and `code` say which and why."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field, self.code = field, code


@dataclass(frozen=True, slots=True)
class Entry:
    """A prediction as given: a point or a probability stands in p10, p50 and p90 alike."""

    form: str
    basis: str
    p10: Decimal
    p50: Decimal
    p90: Decimal


def quantiles(p10: Decimal, p50: Decimal, p90: Decimal, *, basis: str = PRICE) -> Entry:
    """Three ascending numbers: prices, or basis points of log return.

    :raises InvalidEntry: for a number that is not finite, too precise, too large, not positive
        or below the one before it.
    """
    for field, value in (("p10", p10), ("p50", p50), ("p90", p90)):
        _check(field, value, basis=basis)
    for field, lower, upper in (("p50", p10, p50), ("p90", p50, p90)):
        if upper < lower:
            raise InvalidEntry(field, "unsorted", "Give p10, p50 and p90 in ascending order.")
    return Entry(QUANTILES, basis, p10, p50, p90)


def point(value: Decimal, *, basis: str = PRICE) -> Entry:
    """The house's shape moved to `value`.

    :raises InvalidEntry: for a number that is not finite, too precise, too large or not positive.
    """
    _check("point", value, basis=basis)
    return Entry(POINT, basis, value, value, value)


def prob_up(probability: Decimal) -> Entry:
    """The house's shape shifted so that the price rises with this probability, 0.02 to 0.98.

    :raises InvalidEntry: outside that range.
    """
    _check("prob_up", probability, basis=RETURN)
    if not LEAST_PROBABILITY <= probability <= MOST_PROBABILITY:
        raise InvalidEntry("prob_up", "out_of_range", "Give a probability from 0.02 to 0.98.")
    return Entry(PROB_UP, RETURN, probability, probability, probability)


def resolve_bp(
    entry: Entry, *, reference: float, sigma_bp: float, width: float
) -> tuple[float, float, float]:
    """The entry's q10, q50, q90 in basis points of log return from the reference price.

    `sigma_bp` and `width` are the round's frozen scale and c, so that a point keeps its median
    and a probability of one half is exactly the house.
    """
    if entry.form == QUANTILES:
        low, middle, high = (
            _log_bp(value, reference=reference, basis=entry.basis)
            for value in (entry.p10, entry.p50, entry.p90)
        )
        return low, middle, high
    if entry.form == POINT:
        centre = _log_bp(entry.p50, reference=reference, basis=entry.basis)
    else:
        centre = leaned(probit(entry), sigma_bp=sigma_bp, width=width)
    return shaped(centre, sigma_bp=sigma_bp, width=width)


def log_bp(price: Number, *, reference: Scale, log: Callable[[Any], Any] = math.log) -> Number:
    """A price as basis points of log return; SQL when given a term and its logarithm."""
    found: Number = 1e4 * log(price / reference)
    return found


def leaned(probit: Number, *, sigma_bp: Scale, width: Scale) -> Number:
    """Where the house's shape must stand to rise with the probability of this normal quantile."""
    found: Number = cast("Any", width * sigma_bp * probit)
    return found


def shaped(centre: Number, *, sigma_bp: Scale, width: Scale) -> tuple[Number, Number, Number]:
    """The house's shape around `centre`, basis points."""
    low, middle, high = (centre + width * level * sigma_bp for level in LEVELS)
    found: tuple[Number, Number, Number] = cast("Any", (low, middle, high))
    return found


def probit(entry: Entry) -> float:
    """The standard normal quantile of a probability; stored, as databases cannot compute it."""
    return NormalDist().inv_cdf(float(entry.p50))


def _log_bp(value: Decimal, *, reference: float, basis: str) -> float:
    return float(value) if basis == RETURN else log_bp(float(value), reference=reference)


def _check(field: str, value: Decimal, *, basis: str) -> None:
    if not value.is_finite():
        raise InvalidEntry(field, "not_a_number", "Give a finite number.")
    if abs(value) >= LARGEST:
        raise InvalidEntry(field, "too_large", "Give a number below one trillion.")
    if value != value.quantize(TICK):  # exact, however many digits the value has
        raise InvalidEntry(field, "too_precise", "Give at most eight decimal places.")
    if basis == PRICE and value <= 0:
        raise InvalidEntry(field, "not_positive", "A price is greater than zero.")
    if basis not in {PRICE, RETURN}:
        raise InvalidEntry("basis", "unknown", "The basis is price or return.")
