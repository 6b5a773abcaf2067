"""The price of an instant from what each source says: a guarded median. Pure, in Decimal."""

import decimal
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

PLACES: Final = Decimal("0.00000001")
BP: Final = Decimal(10_000)
OUTLIER_BP: Final = 100
AGREEING: Final = 2
JUMP_BP: Final = 2000
JUMP_SIGMAS: Final = 8
JUMP_SPREAD_BP: Final = 50
# Fixed here so that no other code's context can change a settled price.
EXACT: Final = decimal.Context(prec=34, rounding=decimal.ROUND_HALF_EVEN)

TOO_FEW: Final = "too_few_sources"
DISAGREE: Final = "sources_disagree"
JUMP: Final = "implausible_jump"


class PriceDisputed(Exception):
    """Try again until the round's deadline, or ask a person; `reason` is public."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class Reading(Protocol):
    """What is needed of an observation."""

    @property
    def source(self) -> str: ...
    @property
    def value(self) -> Decimal | None: ...
    @property
    def is_valid(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Consensus:
    """`deviation_bp` is the largest distance of a used source from the price."""

    price: Decimal
    sources: tuple[str, ...]
    dropped: tuple[str, ...]
    deviation_bp: Decimal


@dataclass(frozen=True, slots=True)
class Fragility:
    """How far the price moves (bp, signed) without each source, and as a mean."""

    without: dict[str, Decimal]
    as_mean: Decimal

    @property
    def widest_bp(self) -> Decimal:
        return max(shift.copy_abs() for shift in (*self.without.values(), self.as_mean))


def compute_price(
    observations: Iterable[Reading], *, divergence_bp: int, configured: int = 0
) -> Consensus:
    """Take the median of the valid sources, without those 100 bp or more from it.

    `configured` is how many sources must at least be asked (3 for live prices).

    :raises PriceDisputed: too few sources, or the rest stray more than `divergence_bp`.
    """
    asked = list(observations)
    valid = _valid(asked)
    if len(asked) < configured or len(valid) < AGREEING:
        raise PriceDisputed(TOO_FEW, f"{len(valid)} of {len(asked)} valid")
    middle = median([value for _, value in valid])
    kept = [pair for pair in valid if distance_bp(pair[1], middle) <= OUTLIER_BP]
    if len(kept) < AGREEING:
        raise PriceDisputed(DISAGREE, f"{len(kept)} of {len(valid)} near the median")
    price = median([value for _, value in kept])
    widest = max(distance_bp(value, price) for _, value in kept)
    if widest > divergence_bp:
        raise PriceDisputed(DISAGREE, f"{widest:.1f} bp apart")
    used = tuple(source for source, _ in kept)
    dropped = tuple(source for source, _ in valid if source not in used)
    return Consensus(price, used, dropped, widest)


def check_jump(
    price: Decimal,
    observations: Iterable[Reading],
    *,
    last_price: Decimal | None,
    sigma_bp: float | None,
) -> None:
    """Ask a big move, over max(20 %, 8 sigma), to be seen by every source within 50 bp.

    :raises PriceDisputed: it is not.
    """
    if last_price is None:
        return
    sigmas = EXACT.multiply(Decimal(JUMP_SIGMAS), Decimal(repr(float(sigma_bp or 0.0))))
    allowed = max(Decimal(JUMP_BP), sigmas)
    move = EXACT.subtract(EXACT.divide(price, last_price), Decimal(1))
    if EXACT.multiply(move, BP).copy_abs() <= allowed:
        return
    asked = list(observations)
    near = [v for _, v in _valid(asked) if distance_bp(v, price) <= JUMP_SPREAD_BP]
    if len(near) < len(asked):
        raise PriceDisputed(JUMP, f"{last_price} to {price}")


def fragility(observations: Iterable[Reading], consensus: Consensus) -> Fragility:
    """Measure how much the price hangs on any one source that was used for it."""
    used = {s: value for s, value in _valid(observations) if s in consensus.sources}
    return Fragility(
        without={
            source: _shift_bp(median([v for s, v in used.items() if s != source]), consensus.price)
            for source in used
        },
        as_mean=_shift_bp(_mean(list(used.values())), consensus.price),
    )


def median(values: Sequence[Decimal]) -> Decimal:
    """Middle of the values, the two middle ones averaged, to 8 places half-even."""
    ordered, half = sorted(values), len(values) // 2
    if len(ordered) % 2:
        return ordered[half].quantize(PLACES, context=EXACT)
    pair = EXACT.add(ordered[half - 1], ordered[half])
    return EXACT.divide(pair, Decimal(2)).quantize(PLACES, context=EXACT)


def _mean(values: Sequence[Decimal]) -> Decimal:
    return EXACT.divide(functools.reduce(EXACT.add, values), Decimal(len(values)))


def distance_bp(value: Decimal, middle: Decimal) -> Decimal:
    """1e4 * |ln(value / middle)|."""
    return _shift_bp(value, middle).copy_abs()  # abs() would round to the caller's context


def _shift_bp(value: Decimal, middle: Decimal) -> Decimal:
    return EXACT.multiply(BP, EXACT.ln(EXACT.divide(value, middle)))


def _valid(observations: Iterable[Reading]) -> list[tuple[str, Decimal]]:
    """(source, value) of the usable ones, by source: the answer never hangs on row order."""
    return sorted(
        (seen.source, seen.value)
        for seen in observations
        if seen.is_valid and seen.value is not None
    )
