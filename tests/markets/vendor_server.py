"""A threaded HTTP server on loopback that speaks the four vendors' documented shapes.

It serves one invented market, and any reply can be replaced to reproduce a trap.
"""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.markets import invented


@dataclass
class Reply:
    """What the server sends; `trickle_s` pauses before each byte of the body."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    trickle_s: float = 0.0

    def encoded(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclass
class Request:
    path: str
    params: dict[str, str]
    headers: dict[str, str]


Answer = Callable[[Request], Reply]


@dataclass
class VendorServer:
    """`now` is the market's clock; `replies` maps a path prefix to a stand-in answer."""

    url: str
    now: datetime
    replies: dict[str, Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def reply(self, prefix: str, *replies: Reply) -> None:
        """Answer with these in turn; the last one repeats."""
        queue = list(replies)
        self.replies[prefix] = lambda _: queue.pop(0) if len(queue) > 1 else queue[0]

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        for prefix, answer in self.replies.items():
            if request.path.startswith(prefix):
                return answer(request)
        return self.usual(request)

    def usual(self, request: Request) -> Reply:
        for prefix, answer in USUAL.items():
            if request.path.startswith(prefix):
                return answer(request, self.now)
        return Reply({"message": "no such route"}, 404)


def gzipped(body: bytes) -> Reply:
    return Reply(gzip.compress(body), headers={"Content-Encoding": "gzip"})


# -- Binance ----------------------------------------------------------------------------------
def binance_ticker(request: Request, now: datetime) -> Reply:
    symbol = request.params["symbol"]
    if symbol not in {"BTCUSDT", "ETHUSDT"}:
        return Reply({"code": -1121, "msg": "Invalid symbol."}, 400)
    return Reply({"symbol": symbol, "price": f"{invented.price_at(now):.8f}"})


def binance_klines(request: Request, now: datetime) -> Reply:
    if request.params["symbol"] not in {"BTCUSDT", "ETHUSDT"}:
        return Reply({"code": -1121, "msg": "Invalid symbol."}, 400)
    step = {"1m": 60, "1h": 3600, "1d": 86400}[request.params["interval"]]
    limit = int(request.params["limit"])
    assert limit <= 1000
    first, last = (int(request.params[name]) / 1000 for name in ("startTime", "endTime"))
    rows = [
        [
            bar.opened * 1000, bar.open, bar.high, bar.low, bar.close, bar.volume,
            (bar.opened + step) * 1000 - 1, "48812345.6", 91, "401.2", "24100000.0", "0",
        ]
        for bar in invented.bars(step, first, min(last, now.timestamp()))
    ]  # fmt: skip
    return Reply(rows[:limit])


# -- Coinbase ---------------------------------------------------------------------------------
def coinbase(request: Request, now: datetime) -> Reply:
    _, _, product, what = request.path.split("/")
    if product not in {"BTC-USD", "ETH-USD"}:
        return Reply({"message": "NotFound"}, 404)
    if what == "ticker":
        price = f"{invented.price_at(now):.2f}"
        at = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return Reply({"trade_id": 4729088, "price": price, "size": "0.193", "time": at})
    step = int(request.params["granularity"])
    first, last = (
        datetime.fromisoformat(request.params[name]).timestamp() for name in ("start", "end")
    )
    if (last - first) / step > 300:
        message = "granularity too small for the requested time range."
        return Reply({"message": message}, 400)
    found = invented.bars(step, first, min(last, now.timestamp()))
    rows = [
        [b.opened, float(b.low), float(b.high), float(b.open), float(b.close), float(b.volume)]
        for b in found
    ]
    return Reply(rows[::-1])


# -- Kraken -----------------------------------------------------------------------------------
KRAKEN_NAMES = {"XBTUSD": "XXBTZUSD", "ETHUSD": "XETHZUSD"}


def kraken_ticker(request: Request, now: datetime) -> Reply:
    pair = KRAKEN_NAMES.get(request.params["pair"])
    if pair is None:
        return Reply({"error": ["EQuery:Unknown asset pair"]})
    price = f"{invented.price_at(now):.5f}"
    ticker = {"a": [price, "1", "1.000"], "c": [price, "0.00067643"], "o": price}
    return Reply({"error": [], "result": {pair: ticker}})


def kraken_ohlc(request: Request, now: datetime) -> Reply:
    pair = KRAKEN_NAMES.get(request.params["pair"])
    if pair is None:
        return Reply({"error": ["EQuery:Unknown asset pair"]})
    step = int(request.params["interval"]) * 60
    since = int(request.params["since"])
    rows = [
        [b.opened, b.open, b.high, b.low, b.close, b.close, b.volume, 52]
        for b in invented.bars(step, since + 1, now.timestamp())
    ][-720:]
    return Reply({"error": [], "result": {pair: rows, "last": rows[-2][0] if rows[1:] else 0}})


# -- CoinGecko --------------------------------------------------------------------------------
def coingecko_price(request: Request, now: datetime) -> Reply:
    known = [one for one in request.params["ids"].split(",") if one in {"bitcoin", "ethereum"}]
    coin = {
        "usd": invented.price_at(now),
        "usd_market_cap": 1.184e12,
        "usd_24h_vol": 25100000000.5,
        "usd_24h_change": -1.2345,
        "last_updated_at": int(now.timestamp()) - 7,
    }
    return Reply(dict.fromkeys(known, coin))


def coingecko_history(request: Request, now: datetime) -> Reply:
    first, last = (int(request.params[name]) for name in ("from", "to"))
    stamps = [*range(first + 13, min(last, int(now.timestamp())), 3600), int(now.timestamp())]
    prices = [[at * 1000 + 7, invented.price_at(datetime.fromtimestamp(at, UTC))] for at in stamps]
    return Reply({"prices": prices, "market_caps": [], "total_volumes": []})


USUAL: dict[str, Callable[[Request, datetime], Reply]] = {
    "/api/v3/ticker/price": binance_ticker,
    "/api/v3/klines": binance_klines,
    "/products/": coinbase,
    "/0/public/Ticker": kraken_ticker,
    "/0/public/OHLC": kraken_ohlc,
    "/simple/price": coingecko_price,
    "/coins/": coingecko_history,
}


class Handler(BaseHTTPRequestHandler):
    vendor: VendorServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        params = {name: values[0] for name, values in parse_qs(split.query).items()}
        reply = self.vendor.answer(Request(split.path, params, dict(self.headers.items())))
        time.sleep(reply.delay_s)
        body = reply.encoded()
        try:
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            for byte in body if reply.trickle_s else ():
                time.sleep(reply.trickle_s)
                self.wfile.write(bytes([byte]))
            if not reply.trickle_s:
                self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client has had enough, as it should

    def log_message(self, *_: Any) -> None:
        """Keep the test output quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what half of these tests are about."""


@contextmanager
def serving(now: datetime) -> Iterator[VendorServer]:
    handler = type("BoundHandler", (Handler,), {})
    server = Server(("127.0.0.1", 0), handler)
    vendor = VendorServer(f"http://127.0.0.1:{server.server_address[1]}", now)
    handler.vendor = vendor  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield vendor
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
