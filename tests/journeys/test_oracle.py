"""Who judges the judge: the oracle against the rule's worked examples and a made-up market."""

import copy
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.journeys import oracle, oracle_prices, oracle_rounds, synthetic_prices
from tests.journeys.synthetic_prices import START

SETTLES = (57_000, 59_400, 60_000, 60_600, 61_500, 66_000)
HOUSE = {"form": "point", "basis": "return", "point": "0"}
EXAMPLES = [
    (HOUSE, (0, 0, 0, 0, 0, 0)),
    (
        {"form": "quantiles", "basis": "price", "p10": "58900", "p50": "61200", "p90": "63000"},
        (-113.0, -57.9, -57.9, -4.9, 47.7, 154.1),
    ),
    (
        {"form": "quantiles", "basis": "price", "p10": "60500", "p50": "59700", "p90": "60100"},
        (-107.8, -7.7, 19.2, 19.3, -59.3, -81.4),
    ),
    (
        {"form": "point", "basis": "price", "point": "61200"},
        (-158.4, -58.2, -52.8, 0.3, 52.8, 158.4),
    ),
    (
        {"form": "prob_up", "basis": "price", "prob_up": "0.65"},
        (-69.4, -23.1, -23.1, 23.1, 23.1, 69.4),
    ),
]
ASSETS, HORIZONS = ("BTC", "SOL", "DOGE"), ("1h", "24h", "7d")
END = START + timedelta(days=8)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_prices.write_directory(tmp_path_factory.mktemp("prices"))


@pytest.mark.parametrize(("entry", "row"), EXAMPLES)
def test_points_match_the_worked_examples(entry: dict[str, str], row: tuple[float, ...]) -> None:
    got = [
        oracle.points_milli(entry, Decimal(60_000), Decimal(settles), 250.0, "0.90")
        for settles in SETTLES
    ]
    assert [float(round(Decimal(milli) / 1000, 1)) for milli in got] == list(row)


def test_a_return_entry_is_the_price_entry_recentred() -> None:
    quantiles = (-184.0, 12.5, 301.0)
    fields = ("p10", "p50", "p90")
    by_return = dict(zip(fields, map(str, quantiles), strict=True))
    by_price = {f: str(60_000 * math.exp(q / 1e4)) for f, q in zip(fields, quantiles, strict=True)}
    points = [
        oracle.points_milli(
            {"form": "quantiles", "basis": basis, **entry},
            Decimal(60_000), Decimal(60_700), 250.0, 0.9,
        )
        for basis, entry in (("return", by_return), ("price", by_price))
    ]  # fmt: skip
    assert points[0] == points[1] != 0


def test_sigma_by_hand_over_a_short_history() -> None:
    closes = [100 * math.exp(0.01 * (index % 2)) for index in range(74)]
    bars = {
        index * 3600: oracle_prices.Bar(Decimal(close), None) for index, close in enumerate(closes)
    }
    market = oracle_prices.Market("BTC", {"only": bars})
    moment = datetime.fromtimestamp(74 * 3600, UTC)
    # Every |return| is 100 bp, so the average is too, whatever the weights.
    assert market.sigma_bp(moment, "1h") == pytest.approx(100.0)
    assert market.sigma_bp(moment, "24h") == pytest.approx(100 * math.sqrt(24))
    with pytest.raises(ValueError, match="71 returns"):
        market.sigma_bp(moment - timedelta(hours=2), "1h")


def test_sigma_ignores_what_closes_after_the_lock() -> None:
    closes = [100.0] * 100 + [100.0 * 1.1**index for index in range(1, 50)]
    bars = {
        index * 3600: oracle_prices.Bar(Decimal(close), None) for index, close in enumerate(closes)
    }
    market = oracle_prices.Market("BTC", {"only": bars})
    moment = datetime.fromtimestamp(100 * 3600, UTC)
    assert market.sigma_bp(moment, "1h") == 5.0  # flat so far: the floor
    assert market.sigma_bp(moment + timedelta(hours=1), "1h") > 100


def instant(directory: Path, asset: str, hour: int) -> oracle_prices.Instant:
    """The settlement of the round locked an hour earlier, under the sigma it froze then."""
    moment = START + timedelta(hours=hour)
    market = oracle_prices.load(directory, asset)
    return market.price_at(moment, market.sigma_bp(moment - timedelta(hours=1), "1h"))


@pytest.mark.parametrize(
    ("asset", "hour", "sources", "reason"),
    [
        ("BTC", 0, ("north", "south", "west"), ""),
        ("BTC", 7, ("north", "south"), ""),
        ("DOGE", 0, ("north", "south"), ""),
        ("BTC", 12, ("south", "west"), ""),
        ("DOGE", 12, (), "1 valid sources"),
        ("SOL", 15, ("north", "west"), ""),
        ("BTC", 18, (), "sources disagree"),
        ("BTC", 21, (), "0 valid sources"),
        ("DOGE", 24, (), "sources disagree"),
        ("SOL", 36, (), "implausible jump"),
        ("SOL", 37, ("north", "south", "west"), ""),
    ],
)
def test_the_price_of_an_instant_survives_each_trouble(
    directory: Path, asset: str, hour: int, sources: tuple[str, ...], reason: str
) -> None:
    found = instant(directory, asset, hour)
    assert (found.sources, found.reason) == (sources, reason)
    assert (found.price is None) == bool(reason)


def test_the_calendar_of_eight_days() -> None:
    found = oracle_rounds.slots(start=START, end=END, assets=("BTC",), horizons=HORIZONS)
    count = {name: sum(slot.horizon == name for slot in found) for name in HORIZONS}
    assert count == {"1h": 8 * 24, "24h": 8, "7d": 1}
    assert {slot.locks_at.weekday() for slot in found if slot.horizon == "7d"} == {0}


def test_entries_are_reproducible_varied_and_within_four_sigma(directory: Path) -> None:
    first = oracle.make_entries(directory, START, END, ASSETS, HORIZONS, seed=7)
    assert first == oracle.make_entries(directory, START, END, ASSETS, HORIZONS, seed=7)
    assert first != oracle.make_entries(directory, START, END, ASSETS, HORIZONS, seed=8)
    assert {(row["form"], row["basis"]) for row in first} == {
        ("quantiles", "price"), ("quantiles", "return"),
        ("point", "price"), ("point", "return"), ("prob_up", "price"),
    }  # fmt: skip
    rounds = {oracle.round_key(row) for row in first}
    assert 0.28 < len(rounds) / (3 * (8 * 24 + 8 + 1)) < 0.39
    assert len({row["player"] for row in first}) == 6
    assert max(distance(directory, row) for row in first) < 4


def distance(directory: Path, row: dict[str, str]) -> float:
    """Sigmas between the price known before the lock and the farthest given number."""
    market = oracle_prices.load(directory, row["asset"])
    known_at = oracle_prices.parse_time(row["locks_at"]) - timedelta(seconds=1)
    values = [float(row[field]) for field in ("p10", "p50", "p90", "point") if row[field]]
    if row["basis"] == "price":
        values = [1e4 * math.log(value / market.last_close(known_at)) for value in values]
    assert values == sorted(values)
    return max(map(abs, values), default=0) / market.sigma_bp(known_at, row["horizon"])


@pytest.fixture(scope="module")
def entries(directory: Path) -> list[dict[str, str]]:
    return oracle.make_entries(directory, START, END, ASSETS, HORIZONS, seed=3)


@pytest.fixture(scope="module")
def honest(directory: Path, entries: list[dict[str, str]]) -> dict[str, Any]:
    """A report the oracle itself would write."""
    outcomes = oracle.expected(directory, start=START, end=END, assets=ASSETS, horizons=HORIZONS)
    finals = {key: found for key, found in outcomes.items() if found.status == "final"}
    scores = [score("house-walker", "house", key, 0) for key in finals] + [
        score(entry["player"], "human", key, oracle.points_of(entry, finals[key]))
        for entry in entries
        if (key := oracle.round_key(entry)) in finals
    ]
    rounds = [round_row(found) for found in outcomes.values()]
    standings = [
        standing(scores, player, horizon, sum(key[1] == horizon for key in finals))
        for player, horizon in sorted({(row["player"], row["horizon"]) for row in scores})
    ]
    return {"rounds": rounds, "scores": scores, "standings": standings, "verdict": {}}


def score(player: str, kind: str, key: tuple[str, str, str], milli: int) -> dict[str, Any]:
    asset, horizon, locks_at = key
    return {
        "player": player, "kind": kind, "asset": asset, "horizon": horizon,
        "locks_at": locks_at, "points_milli": milli,
    }  # fmt: skip


def round_row(found: oracle_rounds.Outcome) -> dict[str, Any]:
    slot, prices = found.slot, (found.reference.price, found.settlement.price)
    return {
        "asset": slot.asset,
        "horizon": slot.horizon,
        "opens_at": oracle_prices.show_time(slot.opens_at),
        "locks_at": oracle_prices.show_time(slot.locks_at),
        "settles_at": oracle_prices.show_time(slot.settles_at),
        "status": found.status,
        "reference_price": prices[0] and str(prices[0]),
        "settlement_price": prices[1] and str(prices[1]),
        "sigma_bp": found.sigma_bp,
        "sources": list(found.settlement.sources),
    }


def standing(
    scores: list[dict[str, Any]], player: str, horizon: str, rounds: int
) -> dict[str, Any]:
    mine = [s for s in scores if (s["player"], s["horizon"]) == (player, horizon)]
    mean = round(sum(s["points_milli"] for s in mine) / 1000 / rounds, 3)
    return {
        "player": player, "kind": mine[0]["kind"], "horizon": horizon, "rounds": len(mine),
        "mean_points": mean, "rating": round(mean / 2, 3), "low": -9.0, "high": 9.0,
        "rank": None, "provisional": False,
    }  # fmt: skip


def judge(report: dict[str, Any], directory: Path, entries: list[dict[str, str]]) -> list[str]:
    return oracle.check(
        report, directory=directory, entries=entries,
        start=START, end=END, assets=ASSETS, horizons=HORIZONS,
    )  # fmt: skip


def test_an_honest_report_has_no_disagreement(
    directory: Path, entries: list[dict[str, str]], honest: dict[str, Any]
) -> None:
    assert judge(honest, directory, entries) == []
    statuses = [row["status"] for row in honest["rounds"]]
    assert statuses.count("void") > 10
    assert statuses.count("final") > 500


def final(report: dict[str, Any]) -> dict[str, Any]:
    return next(row for row in report["rounds"] if row["status"] == "final")


def human(report: dict[str, Any]) -> dict[str, Any]:
    return next(row for row in report["scores"] if row["kind"] == "human")


LIES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "sigma": (lambda r: final(r).update(sigma_bp=final(r)["sigma_bp"] * 1.000001), "sigma_bp"),
    "price": (lambda r: final(r).update(reference_price="1"), "reference_price"),
    "settlement": (lambda r: final(r).update(settlement_price=None), "settlement_price missing"),
    "status": (lambda r: final(r).update(status="void"), "expected final"),
    "sources": (lambda r: final(r).update(sources=["north"]), "sources"),
    "opening": (lambda r: final(r).update(opens_at="2024-01-01T00:00:00Z"), "opens_at"),
    "round lost": (lambda r: r["rounds"].pop(), "missing"),
    "round twice": (lambda r: r["rounds"].append(r["rounds"][0]), "2 rows"),
    "points": (lambda r: human(r).update(points_milli=human(r)["points_milli"] + 1), "milli"),
    "house": (lambda r: r["scores"][0].update(points_milli=1), "expected 0"),
    "score lost": (lambda r: r["scores"].pop(), "missing"),
    "stranger": (lambda r: human(r).update(player="nobody"), "entered nothing"),
    "mean": (lambda r: r["standings"][0].update(mean_points=99.0), "mean_points"),
    "rounds": (lambda r: r["standings"][0].update(rounds=1), "1 rounds"),
    "standing lost": (lambda r: r["standings"].pop(), "missing"),
    "interval": (lambda r: r["standings"][0].update(low=10.0), "above high"),
    "field": (lambda r: r["rounds"][0].pop("sources"), "fields differ"),
}


@pytest.mark.parametrize("lie", LIES)
def test_every_lie_is_found(
    directory: Path, entries: list[dict[str, str]], honest: dict[str, Any], lie: str
) -> None:
    tell, word = LIES[lie]
    report = copy.deepcopy(honest)
    tell(report)
    problems = judge(report, directory, entries)
    assert any(word in problem for problem in problems), problems
