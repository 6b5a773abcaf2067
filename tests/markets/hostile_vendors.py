"""The ways a price source lies, stalls or breaks, in each vendor's own shape (RELIABILITY F7)."""

import copy
import math
from collections.abc import Callable
from typing import Any

from tests.markets.vendor_server import Reply, Request, VendorServer, gzipped

PATHS = {"binance": "/api/v3/klines", "coinbase": "/products/", "kraken": "/0/public/OHLC"}
# Each liar has a lie of its own: sources that lie alike to the basis point are one source.
LEAN = {"binance": 1.04, "coinbase": 1.09, "kraken": 0.94}
HOUR_S = 3600
Rows = list[list[Any]]
Twist = Callable[[str, Rows], Rows]
Mode = Callable[[VendorServer, str], Callable[[Request], Reply]]
# Where a row holds its time and its four prices, and what a second of that time counts.
TIMES = {"binance": 1000, "coinbase": 1, "kraken": 1}
PRICES = {"binance": range(1, 5), "coinbase": range(1, 5), "kraken": range(1, 6)}
VOLUME = {"binance": 5, "coinbase": 5, "kraken": 6}


def _replies(*, body: Any, status: int = 200, **options: Any) -> Mode:
    return lambda _vendor, _name: lambda _request: Reply(body, status, **options)


def _twisted(twist: Twist) -> Mode:
    """What the vendor would have said, with its rows twisted."""

    def mode(vendor: VendorServer, name: str) -> Callable[[Request], Reply]:
        def answer(request: Request) -> Reply:
            body = copy.deepcopy(vendor.usual(request).body)
            if not isinstance(body, dict):
                return Reply(twist(name, body))
            for pair, rows in body["result"].items():
                if isinstance(rows, list):
                    body["result"][pair] = twist(name, rows)
            return Reply(body)

        return answer

    return mode


def _priced(change: Callable[[str, float], Any]) -> Mode:
    def twist(name: str, rows: Rows) -> Rows:
        for row in rows:
            for place in PRICES[name]:
                said = change(name, float(row[place]))
                row[place] = said if isinstance(said, str) else type(row[place])(said)
        return rows

    return _twisted(twist)


def _shifted(seconds: int) -> Mode:
    """Another time's prices, under that time's stamps."""

    def twist(name: str, rows: Rows) -> Rows:
        for row in rows:
            row[0] += seconds * TIMES[name]
            for place in PRICES[name]:
                row[place] = type(row[place])(float(row[place]) * LEAN[name])
        return rows

    return _twisted(twist)


def _halted(name: str, rows: Rows) -> Rows:
    """A halted exchange keeps answering with its last price."""
    for row in rows:
        row[VOLUME[name]] = type(row[VOLUME[name]])(0)
        for place in PRICES[name]:
            row[place] = type(row[place])(500)
    return rows


def _contradicting(name: str, rows: Rows) -> Rows:
    """The same minutes twice, at two prices."""
    second = copy.deepcopy(rows)
    for row in second:
        for place in PRICES[name]:
            row[place] = type(row[place])(float(row[place]) * LEAN[name])
    return [row for pair in zip(rows, second, strict=True) for row in pair]


def _of_another_pair(vendor: VendorServer, name: str) -> Callable[[Request], Reply]:
    """USDC for USD: Kraken names the pair it answers for, the others only differ in price."""
    inner = _priced(lambda source, price: price * LEAN[source])(vendor, name)

    def answer(request: Request) -> Reply:
        reply = inner(request)
        if isinstance(reply.body, dict):
            result = reply.body["result"]
            renamed = {"XBTUSDC" if key != "last" else key: rows for key, rows in result.items()}
            reply.body = reply.body | {"result": renamed}
        return reply

    return answer


BOMB = gzipped(b"[" + b"0," * 10_000_000 + b"0]")
MODES: dict[str, Mode] = {
    "500": _replies(body="oops", status=500),
    "429": _replies(body="Throttled", status=429, headers={"Retry-After": "60"}),
    "html": _replies(body="<html><body>Just a moment</body></html>"),
    "NaN": _priced(lambda _name, _price: "NaN"),
    "infinity": _priced(lambda _name, _price: "Infinity"),
    "negative": _priced(lambda _name, price: -price),
    "nought": _priced(lambda _name, _price: 0.0),
    "1e9 times": _priced(lambda name, price: price * 1e9 * LEAN[name]),
    "1e9 smaller": _priced(lambda name, price: price / 1e9 * LEAN[name]),
    "beyond all numbers": _priced(lambda _name, _price: "1" * 40),
    "a little off": _priced(lambda name, price: price * LEAN[name]),
    "stale": _shifted(-6 * HOUR_S),
    "from the future": _shifted(6 * HOUR_S),
    "repeated": _twisted(lambda _name, rows: [row for row in rows for _ in range(2)]),
    "backwards": _twisted(lambda _name, rows: rows[::-1]),
    "contradicting itself": _twisted(_contradicting),
    "halted": _twisted(_halted),
    "slow": _replies(body="[]", delay_s=0.4),
    "trickling": _replies(body="[" + " " * 400 + "]", trickle_s=0.02),
    "empty": _replies(body=""),
    "no bars": _twisted(lambda _name, _rows: []),
    "gzip bomb": lambda _vendor, _name: lambda _request: BOMB,
    "redirect inside": _replies(body="", status=302, headers={"Location": "http://10.0.0.1/"}),
    "wrong pair": _of_another_pair,
}
# Rows that say the same thing oddly: believing them is not wrong.
HARMLESS = {"repeated", "backwards"}


def spoil(vendor: VendorServer, mode: str, broken: tuple[str, ...]) -> None:
    """These sources misbehave from now on, the others do not."""
    vendor.replies = {PATHS[name]: MODES[mode](vendor, name) for name in broken}


def is_near(price: object, right: object, *, within: float = 1e-4) -> bool:
    return math.isclose(float(str(price)), float(str(right)), rel_tol=within)
