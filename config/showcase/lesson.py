"""The scoring rule taught by an example; every number on the page is computed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from leaderboard import ranking
from league.frames import PLACES
from league.horizons import TABLE, Horizon
from league.rounds import outcome_bp
from league.volatility import FLOOR_BP, Z90, house_quantiles_bp
from predictions import entry_forms
from predictions.entry_forms import Entry
from predictions.forecasters import crowd
from predictions.reach import FARTHEST_SIGMAS
from predictions.scoring import rules
from predictions.scoring.rules import Quantiles

REFERENCE = Decimal(60_000)
SIGMA_BP = 250.0
HORIZON = TABLE["24h"]
OUTCOMES = tuple(Decimal(price) for price in (57_000, 59_400, 60_000, 60_600, 61_500, 66_000))
WORKED = Decimal(61_500)
ENTRIES = (
    ("Leaning up", entry_forms.quantiles(Decimal(58_900), Decimal(61_200), Decimal(63_000))),
    ("Very sure", entry_forms.quantiles(Decimal(59_700), Decimal(60_100), Decimal(60_500))),
    ("A single price", entry_forms.point(Decimal(61_200))),
    ("A probability", entry_forms.prob_up(Decimal("0.65"))),
)


@dataclass(frozen=True, slots=True)
class Example:
    """One entry and its milli-points at each outcome."""

    name: str
    entry: Entry
    quantiles: Quantiles
    points_milli: list[int]


@dataclass(frozen=True, slots=True)
class Working:
    """One cell by hand: losses in basis points."""

    price: Decimal
    outcome_bp: float
    house_loss: float
    entry_loss: float
    unit_bp: float
    points_milli: int


@dataclass(frozen=True, slots=True)
class Lesson:
    reference: Decimal
    sigma_bp: float
    horizon: Horizon
    z90: float
    floor_bp: float
    farthest: int
    house_prices: list[Decimal]
    outcomes: Sequence[Decimal]
    house: Example
    examples: list[Example]
    working: Working
    horizons: list[Horizon]
    least_locks: int
    least_share: float
    least_people: int
    least_probability: Decimal
    most_probability: Decimal


def lesson() -> Lesson:
    house = house_quantiles_bp(SIGMA_BP, width=HORIZON.width)
    examples = [_example(name, entry) for name, entry in ENTRIES]
    return Lesson(
        reference=REFERENCE,
        sigma_bp=SIGMA_BP,
        horizon=HORIZON,
        z90=Z90,
        floor_bp=FLOOR_BP,
        farthest=FARTHEST_SIGMAS,
        house_prices=[_price(level) for level in house],
        outcomes=OUTCOMES,
        house=_example("The house", entry_forms.prob_up(Decimal("0.5"))),
        examples=examples,
        working=_working(house, examples[0].quantiles),
        horizons=list(TABLE.values()),
        least_locks=ranking.LEAST_LOCKS,
        least_share=ranking.LEAST_SHARE,
        least_people=crowd.LEAST_PEOPLE,
        least_probability=entry_forms.LEAST_PROBABILITY,
        most_probability=entry_forms.MOST_PROBABILITY,
    )


def _example(name: str, entry: Entry) -> Example:
    levels = entry_forms.resolve_bp(
        entry, reference=float(REFERENCE), sigma_bp=SIGMA_BP, width=HORIZON.width
    )
    return Example(name, entry, levels, [_points(levels, price) for price in OUTCOMES])


def _points(levels: Quantiles, price: Decimal) -> int:
    return rules.points_milli(
        levels,
        outcome_bp=outcome_bp(price, reference=REFERENCE),
        sigma_bp=SIGMA_BP,
        width=HORIZON.width,
    )


def _working(house: Quantiles, levels: Quantiles) -> Working:
    outcome = outcome_bp(WORKED, reference=REFERENCE)
    return Working(
        price=WORKED,
        outcome_bp=outcome,
        house_loss=rules.wis(house, outcome),
        entry_loss=rules.wis(levels, outcome),
        unit_bp=SIGMA_BP / 2,
        points_milli=_points(levels, WORKED),
    )


def _price(level: float) -> Decimal:
    return (REFERENCE * (Decimal(level) / 10_000).exp()).quantize(PLACES)
