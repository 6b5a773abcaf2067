"""F7: whatever up to three of three sources do, the price is right or there is none."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from markets import observations
from markets.observations import InstantPrice, PriceDisputed, PriceNotReady
from markets.providers import base, binance, coinbase, kraken, registry
from tests.markets.conftest import NOON
from tests.markets.vendor_server import Answer, Reply, Request, VendorServer, gzipped

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_assets", "impatient")]
PATHS = {"binance": "/api/v3/klines", "coinbase": "/products/", "kraken": "/0/public/OHLC"}
LATER = NOON + timedelta(seconds=61)
FAR = "1" * 30


def rows(close: str, *, shift_s: int = 0, copies: int = 1, count: int = 6) -> Answer:
    """Five minute bars up to noon and the unfinished one, at one price, in each vendor's shape."""

    def answer(request: Request) -> Reply:
        first = int(NOON.timestamp()) - 300 + shift_s
        opened = [first + 60 * number for number in range(count) for _ in range(copies)]
        return shaped(request.path, [(at, close) for at in opened])

    return answer


def shaped(path: str, bars: list[tuple[int, str]]) -> Reply:
    if path.startswith(PATHS["binance"]):
        return Reply([[at * 1000, *[c] * 4, "7", 0, "", 0, "", "", ""] for at, c in bars])
    if path.startswith(PATHS["coinbase"]):
        lines = ",".join(f"[{at},{c},{c},{c},{c},7]" for at, c in bars[::-1])
        return Reply(f"[{lines}]")
    ohlc = [[at, *[c] * 4, c, "7", 3] for at, c in bars]
    return Reply({"error": [], "result": {"XXBTZUSD": ohlc, "last": 0}})


def always(reply: Reply) -> Answer:
    return lambda _: reply


def contradiction(request: Request) -> Reply:
    newest = int(NOON.timestamp()) - 60
    return shaped(request.path, [(newest, "100"), (newest, "900"), (newest + 60, "100")])


MODES: dict[str, Answer] = {
    "500": always(Reply("oops", 500)),
    "429": always(Reply("Throttled", 429, {"Retry-After": "60"})),
    "html": always(Reply("<html><body>Just a moment</body></html>")),
    "NaN": rows("NaN"),
    "infinity": rows("Infinity"),
    "negative": rows("-100"),
    "nought": rows("0"),
    "a billion times too high": rows("100000000000"),
    "beyond all numbers": rows(FAR),
    "a little too high": rows("104"),
    "stale": rows("250", shift_s=-3600),
    "from the future": rows("250", shift_s=3600),
    "all repeated": rows("100", copies=2),
    "contradicting itself": contradiction,
    "slow": always(Reply("[]", delay_s=0.4)),
    "empty": always(Reply("")),
    "no bars": rows("250", count=0),
    "gzip bomb": always(gzipped(b"[" + b"0," * 10_000_000 + b"0]")),
    "redirect": always(Reply("", 302, {"Location": "http://10.0.0.1/"})),
}
HARMLESS = {"all repeated"}


def ask(vendor: VendorServer, *, at: datetime = LATER) -> InstantPrice:
    makers: tuple[Callable[[str], base.Provider], ...] = (
        binance.Binance, coinbase.Coinbase, kraken.Kraken,
    )  # fmt: skip
    with registry.installed("live", [make(vendor.url) for make in makers]):
        return observations.price_of_instant(symbol="BTC", instant=NOON, price_mode="live", now=at)


def spoil(vendor: VendorServer, mode: str, broken: tuple[str, ...]) -> None:
    for name, path in PATHS.items():
        vendor.replies[path] = MODES[mode] if name in broken else rows("100.00")


def test_three_good_sources_agree(vendor: VendorServer) -> None:
    spoil(vendor, "500", ())
    assert ask(vendor).sources == ("binance", "coinbase", "kraken")


@pytest.mark.parametrize("broken", PATHS)
@pytest.mark.parametrize("mode", MODES)
def test_one_bad_source_never_moves_the_price(
    vendor: VendorServer, mode: str, broken: str
) -> None:
    spoil(vendor, mode, (broken,))
    found = ask(vendor)
    assert found.price == Decimal(100)
    assert (broken in found.sources) == (mode in HARMLESS)


@pytest.mark.parametrize("broken", [*itertools.combinations(PATHS, 2)])
@pytest.mark.parametrize("mode", sorted(MODES.keys() - HARMLESS - {"a little too high"}))
def test_two_bad_sources_give_no_price(
    vendor: VendorServer, mode: str, broken: tuple[str, ...]
) -> None:
    spoil(vendor, mode, broken)
    with pytest.raises(PriceDisputed):
        ask(vendor)


@pytest.mark.parametrize("mode", ["500", "html", "slow", "empty", "no bars"])
def test_before_the_patience_is_over_bad_sources_are_waited_for(
    vendor: VendorServer, mode: str
) -> None:
    spoil(vendor, mode, ("binance",))
    with pytest.raises(PriceNotReady):
        ask(vendor, at=NOON + timedelta(seconds=10))
