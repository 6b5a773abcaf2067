"""March 2023 as it was recorded: a halted exchange and a coin that was no dollar move no price."""

import csv
import gzip
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from league import rounds
from league.models import Round
from league.models.round import Status
from markets import observations
from markets.observations import PriceDisputed
from markets.providers import registry, replay
from tests import factories
from tests.chaos import report
from tests.markets.test_replay import DATA, has_data

pytestmark = [pytest.mark.chaos, pytest.mark.django_db, has_data]
HOUR = timedelta(hours=1)
MINUTES = DATA / "minute" / "usdc_depeg_2023-03"
HALT = datetime(2023, 3, 24, 12, tzinfo=UTC)
FRIDAY = datetime(2023, 3, 10, tzinfo=UTC)
OURS = ("binance_usdm_perp", "kraken")


def closes(file: Path, *, step: timedelta) -> dict[datetime, Decimal]:
    """By the instant a bar closed."""
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt") as lines:
        return {
            datetime.fromisoformat(row["timestamp_utc"]) + step: Decimal(row["close"])
            for row in csv.DictReader(lines)
        }


def played(of: list[str], tmp_path: Path, *, locks: list[datetime]) -> list[Round]:
    """Rounds of an hour over the recordings of these venues, swept at every hour and a day on."""
    for venue in of:
        shutil.copytree(DATA / "hourly" / venue, tmp_path / venue)
    league = factories.league()
    start = locks[0] - 2 * HOUR
    season = factories.season(league, now=start, price_mode="replay")
    made = [factories.round_of(season, locks_at=at) for at in locks]
    with registry.installed("replay", replay.load(tmp_path)):
        for step in range(len(locks) + 4):
            rounds.advance(now=start + step * HOUR)
        rounds.advance(now=start + timedelta(days=2))
    return [factories.fresh(one) for one in made]


def test_the_halt_of_binance_gives_no_round_a_wrong_price(tmp_path: Path) -> None:
    locks = [HALT + hour * HOUR for hour in range(-1, 4)]
    files = [next((DATA / "hourly" / venue).glob("BTCUSDT_1h.csv*")) for venue in OURS]
    honest = [closes(file, step=HOUR) for file in files]
    found = played(["binance_spot", *OURS], tmp_path, locks=locks)
    for round_ in found:
        assert round_.status in {Status.SETTLED, Status.FINAL}, round_.hold_reason
        for instant, price in (
            (round_.locks_at, round_.reference_price),
            (round_.settles_at, round_.settlement_price),
        ):
            assert price is not None
            if instant >= HALT:  # from here on Binance's price stood still or was missing
                said = [source[instant] for source in honest]
                assert min(said) <= price <= max(said), instant
    report.add("recorded halt", rounds=len(found), **{"wrong prices": 0})


def test_with_one_venue_beside_the_halted_one_the_round_is_void(tmp_path: Path) -> None:
    (round_,) = played(["binance_spot", "kraken"], tmp_path, locks=[HALT + HOUR])
    assert (round_.status, round_.reference_price) == (Status.VOID, None)
    assert "too_few_sources" in round_.hold_reason


def test_a_dollar_coin_off_its_peg_moves_no_price(tmp_path: Path) -> None:
    """Kraken's BTCUSDC, up to 13 % above, is mislabelled as dollars beside two honest books."""
    books = {
        "honest/BTCUSD_1m.csv.gz": MINUTES / "binanceus" / "BTCUSD_1m.csv.gz",
        "tether/BTCUSDT_1m.csv.gz": MINUTES / "binanceus" / "BTCUSDT_1m.csv.gz",
        "tether/BTCUSDC_1m.csv.gz": MINUTES / "binanceus" / "BTCUSDC_1m.csv.gz",
        "wrong/BTCUSD_1m.csv.gz": MINUTES / "kraken" / "BTCUSDC_1m.csv.gz",
    }
    for name, file in books.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(file, tmp_path / name)
    factories.league()
    step = timedelta(minutes=20 if report.is_long() else 120)
    honest = [closes(file, step=timedelta(minutes=1)) for file in list(books.values())[:2]]
    counted: Counter[str] = Counter()
    with registry.installed("replay", replay.load(tmp_path)):
        instant = FRIDAY
        while instant < FRIDAY + timedelta(days=4):
            counted[verdict(instant, honest)] += 1
            instant += step
    report.add(
        "recorded depeg", instants=counted.total(), priced=counted["priced"],
        disputed=counted["disputed"], **{"wrong prices": counted["wrong"]},
    )  # fmt: skip
    assert counted["wrong"] == 0
    assert counted["priced"] > 0
    assert counted["let in"] == 0


def verdict(instant: datetime, honest: list[dict[datetime, Decimal]]) -> str:
    try:
        found = observations.price_of_instant(
            symbol="BTC", instant=instant, price_mode="replay", now=instant
        )
    except PriceDisputed:
        return "disputed"
    window = [instant - timedelta(minutes=number) for number in range(5)]
    said = [book[at] for book in honest for at in window if at in book]
    if not min(said) <= found.price <= max(said):
        return "wrong"
    is_off_peg = instant > datetime(2023, 3, 11, 8, tzinfo=UTC)
    has_wrong = "replay:wrong" in found.sources
    return "let in" if has_wrong and is_off_peg and instant < FRIDAY + 2 * HOUR * 24 else "priced"
