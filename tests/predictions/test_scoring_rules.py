"""The one proper rule against its published examples, its algebra and another implementation."""

import itertools
import math
from decimal import Decimal
from statistics import NormalDist

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.metrics import mean_pinball_loss

from league.volatility import house_quantiles_bp
from predictions import entry_forms
from predictions.entry_forms import Entry
from predictions.scoring import rules
from predictions.scoring.rules import Quantiles

REFERENCE, SIGMA, WIDTH = 60_000.0, 250.0, 0.9
SETTLES = (57_000, 59_400, 60_000, 60_600, 61_500, 66_000)


def prices(*values: int) -> Entry:
    return entry_forms.quantiles(*(Decimal(value) for value in values))


EXAMPLES = {
    "house": (entry_forms.point(Decimal(0), basis="return"), (0, 0, 0, 0, 0, 0)),
    "wide": (prices(58_900, 61_200, 63_000), (-113.0, -57.9, -57.9, -4.9, 47.7, 154.1)),
    "narrow": (prices(59_700, 60_100, 60_500), (-107.8, -7.7, 19.2, 19.3, -59.3, -81.4)),
    "point": (entry_forms.point(Decimal(61_200)), (-158.4, -58.2, -52.8, 0.3, 52.8, 158.4)),
    "prob_up": (entry_forms.prob_up(Decimal("0.65")), (-69.4, -23.1, -23.1, 23.1, 23.1, 69.4)),
}
BP = st.floats(-3000, 3000)
LEVELS = st.lists(BP, min_size=3, max_size=3).map(lambda three: tuple(sorted(three)))
SIGMAS = st.floats(5, 3000)
WIDTHS = st.sampled_from((0.85, 0.9))


def points(levels: Quantiles, outcome: float, sigma: float = SIGMA, width: float = WIDTH) -> int:
    return rules.points_milli(levels, outcome_bp=outcome, sigma_bp=sigma, width=width)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_worked_examples_hold_to_a_tenth_of_a_point(name: str) -> None:
    entry, expected = EXAMPLES[name]
    levels = entry_forms.resolve_bp(entry, reference=REFERENCE, sigma_bp=SIGMA, width=WIDTH)
    got = [points(levels, 1e4 * math.log(settles / REFERENCE)) for settles in SETTLES]
    shown = [float(round(Decimal(milli) / 1000, 1)) for milli in got]
    assert shown == list(expected)


def test_the_cell_computed_by_hand() -> None:
    outcome = 1e4 * math.log(61_500 / 60_000)
    house = rules.wis(house_quantiles_bp(SIGMA, width=WIDTH), outcome)
    levels = entry_forms.resolve_bp(
        EXAMPLES["wide"][0], reference=REFERENCE, sigma_bp=SIGMA, width=WIDTH
    )
    mine = rules.wis(levels, outcome)
    assert (round(outcome, 2), round(house, 3), round(mine, 3)) == (246.93, 120.755, 61.162)


def test_the_house_of_the_examples_stands_where_they_say() -> None:
    shown = [REFERENCE * math.exp(level / 1e4) for level in house_quantiles_bp(SIGMA, width=WIDTH)]
    assert [round(price) for price in shown] == [58_295, 60_000, 61_755]


@given(levels=LEVELS, outcome=BP)
def test_the_loss_is_the_interval_form(levels: Quantiles, outcome: float) -> None:
    low, middle, high = levels
    outside = 10 * max(low - outcome, 0) + 10 * max(outcome - high, 0)
    interval = (0.5 * abs(outcome - middle) + 0.1 * ((high - low) + outside)) / 1.5
    assert rules.wis(levels, outcome) == pytest.approx(interval, rel=1e-9, abs=1e-9)


@given(levels=LEVELS, outcomes=st.lists(BP, min_size=1, max_size=8))
def test_the_loss_is_that_of_scikit_learn(levels: Quantiles, outcomes: list[float]) -> None:
    oracle = sum(
        mean_pinball_loss(outcomes, [level] * len(outcomes), alpha=tau)
        for level, tau in zip(levels, (0.1, 0.5, 0.9), strict=True)
    )
    mine = sum(rules.wis(levels, outcome) for outcome in outcomes) / len(outcomes)
    assert mine == pytest.approx(2 / 3 * oracle, rel=1e-9, abs=1e-9)


@given(outcome=st.floats(-20_000, 20_000), sigma=SIGMAS, width=WIDTHS)
def test_the_house_scores_exactly_nothing(outcome: float, sigma: float, width: float) -> None:
    assert points(house_quantiles_bp(sigma, width=width), outcome, sigma, width) == 0
    still = entry_forms.point(Decimal(0), basis=entry_forms.RETURN)
    evens = entry_forms.prob_up(Decimal("0.5"))
    for entry in (still, evens):
        levels = entry_forms.resolve_bp(entry, reference=1.0, sigma_bp=sigma, width=width)
        assert points(levels, outcome, sigma, width) == 0


@given(levels=LEVELS, outcome=BP, sigma=SIGMAS, factor=st.sampled_from((0.25, 0.5, 2.0, 8.0)))
def test_points_know_no_volatility_scale(
    levels: Quantiles, outcome: float, sigma: float, factor: float
) -> None:
    low, middle, high = (factor * level for level in levels)
    scaled = points((low, middle, high), factor * outcome, factor * sigma)
    assert abs(scaled - points(levels, outcome, sigma)) <= 1


@given(
    ratios=st.tuples(*[st.integers(900, 1100)] * 3).map(sorted),
    settles=st.integers(900, 1100),
    scale=st.sampled_from(("0.0001", "1", "77", "1000000")),
)
def test_points_know_no_price_scale(ratios: list[int], settles: int, scale: str) -> None:
    got = []
    for unit in (Decimal(1), Decimal(scale)):
        entry = entry_forms.quantiles(*(ratio * unit for ratio in ratios))
        reference = float(1000 * unit)
        levels = entry_forms.resolve_bp(entry, reference=reference, sigma_bp=SIGMA, width=WIDTH)
        got.append(points(levels, 1e4 * math.log(float(settles * unit) / reference)))
    assert abs(got[0] - got[1]) <= 1


@given(
    reach=st.tuples(*[st.floats(-6, 6)] * 3).map(sorted),
    outcome=st.floats(-1e5, 1e5),
    sigma=SIGMAS,
    width=WIDTHS,
)
@example(reach=[6.0, 6.0, 6.0], outcome=1e5, sigma=250.0, width=0.9)
@example(reach=[-6.0, -6.0, 6.0], outcome=0.0, sigma=250.0, width=0.9)
def test_points_are_bounded_within_the_reach_of_an_entry(
    reach: list[float], outcome: float, sigma: float, width: float
) -> None:
    low, middle, high = (sigmas * sigma for sigmas in reach)
    bound = 100 * 2 * (2 / 3) * (2 * 0.9 * (6 + 1.2815515655 * width) + 0.5 * 6)
    assert bound <= 2116.9
    assert abs(points((low, middle, high), outcome, sigma, width)) <= 1000 * bound


def test_the_bound_at_the_widest_house_is_the_documented_one() -> None:
    bound = 100 * 2 * (2 / 3) * (2 * 0.9 * (6 + 1.2815515655 * 0.9) + 0.5 * 6)
    assert round(bound, 1) == 2116.8


def quantile(belief: list[tuple[float, int]], tau: float) -> float:
    """The smallest outcome at which the belief's distribution reaches tau."""
    total = sum(weight for _, weight in belief)
    reached = 0
    for outcome, weight in sorted(belief):
        reached += weight
        if reached >= tau * total - 1e-9:
            return outcome
    raise AssertionError


@given(
    belief=st.lists(st.tuples(st.floats(-900, 900), st.integers(1, 20)), min_size=1, max_size=6),
    report=LEVELS,
)
def test_honest_quantiles_maximise_the_expected_points(
    belief: list[tuple[float, int]], report: Quantiles
) -> None:
    honest = (quantile(belief, 0.1), quantile(belief, 0.5), quantile(belief, 0.9))
    total = sum(weight for _, weight in belief)

    def expected(levels: Quantiles) -> float:
        return sum(weight * points(levels, outcome) for outcome, weight in belief) / total

    assert expected(honest) >= expected(report) - 1  # milli-points are rounded


def test_lying_about_a_known_belief_costs_points() -> None:
    """Strictness: nudging any level of an honest forecast of a fine belief loses."""
    belief = [NormalDist(20, 200).inv_cdf((n + 0.5) / 4001) for n in range(4001)]
    dist = NormalDist(20, 200)
    honest = (dist.inv_cdf(0.1), dist.inv_cdf(0.5), dist.inv_cdf(0.9))

    def expected(levels: Quantiles) -> float:
        return -math.fsum(rules.wis(levels, outcome) for outcome in belief)

    for level, nudge in itertools.product(range(3), (-25.0, 25.0)):
        low, middle, high = (q + nudge * (n == level) for n, q in enumerate(honest))
        assert expected((low, middle, high)) < expected(honest) - 100


@given(levels=LEVELS, others=st.lists(LEVELS, max_size=5), outcome=BP)
def test_company_and_copies_change_nobodys_points(
    levels: Quantiles, others: list[Quantiles], outcome: float
) -> None:
    crowded = rules.score_all(
        [levels, *others, levels], outcome_bp=outcome, sigma_bp=SIGMA, width=WIDTH
    )
    assert crowded[0] == crowded[-1] == points(levels, outcome)


def test_points_are_whole_milli_points_per_half_sigma() -> None:
    low, _, high = house_quantiles_bp(SIGMA, width=WIDTH)
    # A median 3.75 bp off costs 3.75 / 3 bp of loss: one hundredth of S, so one point.
    found = [points((low, shift, high), 0.0) for shift in (0.0, 3.75, 7.5, -3.75)]
    assert found == [0, -1000, -2000, -1000]
    assert all(type(milli) is int for milli in found)
