"""The oracle's points: the scoring rule in 50-digit decimals, from entry to milli-points."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from statistics import NormalDist

Z = Decimal("1.2815515655446004")
LEVELS = (Decimal("0.1"), Decimal("0.5"), Decimal("0.9"))
SHAPE = (-Z, Decimal(0), Z)

Entry = Mapping[str, str]
Quantiles = tuple[Decimal, ...]


def log_bp(price: Decimal, reference: Decimal) -> Decimal:
    return 10_000 * (price / reference).ln()


def house(scale: Decimal) -> Quantiles:
    """`scale` is c*sigma in basis points."""
    return tuple(z * scale for z in SHAPE)


def quantiles_bp(entry: Entry, reference: Decimal, scale: Decimal) -> Quantiles:
    """The entry as basis points of log return on the reference price, ascending."""
    if entry["form"] == "prob_up":
        shift = scale * Decimal(NormalDist().inv_cdf(float(entry["prob_up"])))
        return tuple(q + shift for q in house(scale))
    fields = {"point": ("point",), "quantiles": ("p10", "p50", "p90")}[entry["form"]]
    values = sorted(Decimal(entry[field]) for field in fields)
    in_bp = values
    if entry["basis"] == "price":
        in_bp = [log_bp(value, reference) for value in values]
    if entry["form"] == "point":
        return tuple(q + in_bp[0] for q in house(scale))
    return tuple(in_bp)


def pinball(level: Decimal, miss: Decimal) -> Decimal:
    return max(level * miss, (level - 1) * miss)


def interval_score(quantiles: Quantiles, outcome: Decimal) -> Decimal:
    losses = (pinball(t, outcome - q) for t, q in zip(LEVELS, quantiles, strict=True))
    return sum(losses, Decimal(0)) * 2 / 3


def points_milli(
    entry: Entry, reference: Decimal, settlement: Decimal, sigma_bp: float, c: str | float
) -> int:
    """Skill points in thousandths, half to even, unclipped."""
    with localcontext() as context:
        context.prec = 50
        sigma = Decimal(sigma_bp)
        scale = sigma * Decimal(str(c))
        outcome = log_bp(settlement, reference)
        gain = interval_score(house(scale), outcome) - interval_score(
            quantiles_bp(entry, reference, scale), outcome
        )
        return int((100_000 * gain / (sigma / 2)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
