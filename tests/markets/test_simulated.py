import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

import numpy as np
import pytest

from markets.providers import base, simulated, walk
from tests.markets.conftest import NOON

ALPHA, BETA, GAMMA = simulated.venues(11)
ASSETS = [*walk.PROFILES, "XYZ"]


def closes(
    venue: base.Provider, symbol: str, *, interval: int = 3600, days: int = 3
) -> list[float]:
    start = NOON - timedelta(days=days)
    found = venue.bars(symbol=symbol, interval=interval, start=start, end=NOON)
    return [float(bar.close) for bar in found]


def test_the_same_seed_gives_the_same_market_in_another_process() -> None:
    program = (
        "import django.conf; django.conf.settings.configure()\n"
        "from datetime import datetime, UTC\n"
        "from markets.providers import simulated\n"
        "at = datetime(2025, 1, 15, 12, tzinfo=UTC)\n"
        "print(simulated.venues(11)[0].latest(['BTC', 'XYZ'], now=at))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert outputs == {f"{ALPHA.latest(['BTC', 'XYZ'], now=NOON)}\n"}


def test_another_seed_is_another_market() -> None:
    assert closes(simulated.venues(12)[0], "BTC") != closes(ALPHA, "BTC")


@pytest.mark.parametrize("year", [2015, 2024, 2045])
def test_any_minute_is_reached_directly_and_in_any_order(year: int) -> None:
    end = datetime(year, 12, 31, 23, 59, tzinfo=UTC)
    alone = ALPHA.bars(symbol="ETH", interval=60, start=end - timedelta(minutes=5), end=end)
    within = ALPHA.bars(symbol="ETH", interval=60, start=end - timedelta(days=2), end=end)
    assert len(alone) == 5
    assert within[-5:] == alone


def test_outside_its_years_it_has_nothing() -> None:
    late = datetime(2046, 1, 2, tzinfo=UTC)
    day = timedelta(days=1)
    assert ALPHA.bars(symbol="BTC", interval=60, start=late - day, end=late) == []
    with pytest.raises(base.ProviderUnavailable, match="outside_simulation"):
        ALPHA.latest(["BTC"], now=late)


def test_every_interval_is_the_same_path() -> None:
    start = NOON.replace(hour=0)
    end = start + timedelta(days=1)
    minute, hour, day = (
        ALPHA.bars(symbol="SOL", interval=interval, start=start, end=end)
        for interval in (60, 3600, 86400)
    )
    assert (len(minute), len(hour), len(day)) == (1440, 24, 1)
    for number, bar in enumerate(hour):
        part = minute[60 * number : 60 * number + 60]
        assert (bar.open, bar.close) == (part[0].open, part[-1].close)
        assert bar.high == max(one.high for one in part)
        assert bar.low == min(one.low for one in part)
    assert (day[0].open, day[0].close) == (hour[0].open, hour[-1].close)


def test_bars_join_at_midnight_and_elsewhere() -> None:
    found = BETA.bars(symbol="BTC", interval=60, start=NOON - timedelta(days=2), end=NOON)
    assert all(a.close == b.open for a, b in pairwise(found))


def test_the_quote_of_a_minutes_end_is_its_bars_close() -> None:
    (bar,) = BETA.bars(symbol="BTC", interval=60, start=NOON - timedelta(minutes=1), end=NOON)
    assert BETA.latest(["BTC"], now=NOON)["BTC"].price == bar.close


@pytest.mark.parametrize("symbol", ASSETS)
def test_venues_differ_by_less_than_the_tightest_divergence_limit(symbol: str) -> None:
    paths = [np.log(closes(venue, symbol, interval=60, days=2)) for venue in (ALPHA, BETA, GAMMA)]
    apart = [float(np.max(np.abs(a - b))) * 1e4 for a, b in combinations(paths, 2)]
    assert 0.5 < max(apart) < 15


@pytest.mark.parametrize("symbol", ASSETS)
def test_daily_volatility_and_level_are_believable(symbol: str) -> None:
    log_closes, _ = walk.daily(11, symbol)
    base_price = walk.profile(symbol).base
    assert 0.02 < float(np.diff(log_closes).std()) < 0.06
    assert float(np.abs(log_closes - math.log(base_price)).max()) < math.log(8)


def test_volatility_comes_in_clusters() -> None:
    moves = np.abs(np.diff(walk.daily(11, "BTC")[0]))
    near = np.corrcoef(moves[1:], moves[:-1])[0, 1]
    far = np.corrcoef(moves[400:], moves[:-400])[0, 1]
    assert near > 0.08
    assert abs(far) < 0.08


def test_the_change_over_a_day_is_the_paths_own() -> None:
    now = ALPHA.latest(["BTC"], now=NOON)["BTC"]
    before = ALPHA.latest(["BTC"], now=NOON - timedelta(days=1))["BTC"]
    assert now.change_24h_pct is not None
    assert float(now.change_24h_pct) == pytest.approx(
        float(now.price / before.price - 1) * 100, abs=1e-3
    )
