"""The client of nodes: whatever endpoints do, one that answers is enough."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from chain import rpc, verify
from tests.services.servers import HOST, free_port

CHAIN = 77


class Handler(BaseHTTPRequestHandler):
    """Answers as its server's `mode` says."""

    def do_POST(self) -> None:
        server: Any = self.server
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.calls.append(call["method"])
        status, body = answer(server.mode, call["method"])
        if server.mode == "slow":
            time.sleep(1)
        if server.mode == "redirect":
            self.send_response(302)
            self.send_header("Location", server.target)
            self.end_headers()
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def answer(mode: str, method: str) -> tuple[int, bytes]:
    if mode == "html":
        return 200, b"<html>maintenance</html>"
    if mode in {"500", "429"}:
        return int(mode), b"{}"
    if mode == "long":
        return 200, b'{"jsonrpc": "2.0", "result": "' + b"x" * (rpc.BODY_BYTES + 1) + b'"}'
    if mode == "nested":
        return 200, b"[" * 100_000
    if mode == "error as text":
        return 200, b'{"jsonrpc": "2.0", "error": "boom"}'
    chain = CHAIN + 1 if mode == "wrong chain" else CHAIN
    result: dict[str, Any] = {"result": hex(chain) if method == "eth_chainId" else "0x2a"}
    if mode == "limited" and method != "eth_chainId":
        result = {"error": {"code": -32005, "message": "too many requests"}}
    if mode == "geth" and method != "eth_chainId":
        result = {"error": {"code": 3, "message": "execution reverted", "data": "0xabcd"}}
    if mode == "hardhat" and method != "eth_chainId":
        result = {"error": {"code": -32603, "message": "reverted", "data": {"data": "0xabcd"}}}
    return 200, json.dumps({"jsonrpc": "2.0", "id": 1} | result).encode()


@contextmanager
def endpoint(mode: str, *, target: str = "") -> Iterator[tuple[str, list[str]]]:
    """Its address, and the methods it was asked."""
    server: Any = ThreadingHTTPServer((HOST, 0), Handler)
    server.mode, server.target, server.calls = mode, target, []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}", server.calls
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "TIMEOUT_S", (0.3, 0.3))


BAD = (
    "html",
    "500",
    "429",
    "slow",
    "wrong chain",
    "long",
    "limited",
    "redirect",
    "nested",
    "error as text",
)


@pytest.mark.parametrize("mode", BAD)
def test_a_bad_endpoint_costs_an_answer_only_when_it_is_the_only_one(mode: str) -> None:
    with endpoint("good") as (good, _), endpoint(mode, target=good) as (bad, _):
        assert rpc.Node([bad, good], chain_id=CHAIN).ask("eth_blockNumber") == "0x2a"
        with pytest.raises(rpc.NodeUnavailable):
            rpc.Node([bad], chain_id=CHAIN).ask("eth_blockNumber")


@pytest.mark.parametrize("mode", ["html", "nested", "error as text"])
def test_a_node_that_answers_nonsense_decides_nothing_about_a_receipt(mode: str) -> None:
    with endpoint(mode) as (bad, _), pytest.raises(verify.Undecided):
        verify.Node(bad, CHAIN, "0x" + "ab" * 20).ask("eth_blockNumber")


def test_among_six_bad_endpoints_the_good_one_is_found() -> None:
    dead = f"http://{HOST}:{free_port()}"
    with (
        endpoint("html") as (html, _), endpoint("500") as (broken, _),
        endpoint("429") as (busy, _), endpoint("slow") as (slow, _),
        endpoint("wrong chain") as (foreign, _), endpoint("good") as (good, _),
    ):  # fmt: skip
        node = rpc.Node([dead, html, broken, busy, slow, foreign, good], chain_id=CHAIN)
        assert node.ask("eth_blockNumber") == "0x2a"
        assert node.tell(b"raw") == [""]


def test_three_failures_pause_an_endpoint() -> None:
    with endpoint("500") as (bad, calls), endpoint("good") as (good, _):
        node = rpc.Node([bad, good], chain_id=CHAIN)
        for _ in range(10):
            node.ask("eth_blockNumber")
        assert len(calls) == rpc.FAILURES


def test_an_endpoint_of_another_chain_is_never_asked_again() -> None:
    with endpoint("wrong chain") as (bad, calls), endpoint("good") as (good, _):
        node = rpc.Node([bad, good], chain_id=CHAIN)
        for _ in range(5):
            node.ask("eth_blockNumber")
        assert calls == ["eth_chainId"]
        alone = rpc.Node([bad], chain_id=CHAIN)
        with pytest.raises(rpc.NodeUnavailable):
            alone.ask("eth_blockNumber")
        with pytest.raises(rpc.NodeUnavailable, match="another chain"):
            alone.ask("eth_blockNumber")
    assert "eth_blockNumber" not in calls


def test_a_paused_endpoint_is_asked_when_there_is_no_other() -> None:
    with endpoint("500") as (bad, calls):
        node = rpc.Node([bad], chain_id=CHAIN)
        for _ in range(5):
            with pytest.raises(rpc.NodeUnavailable):
                node.ask("eth_blockNumber")
        assert len(calls) == 5


@pytest.mark.parametrize("mode", ["geth", "hardhat"])
def test_a_nodes_refusal_is_an_answer_and_no_other_is_asked(mode: str) -> None:
    with endpoint(mode) as (url, _), endpoint("good") as (other, calls):
        with pytest.raises(rpc.NodeRefused) as caught:
            rpc.Node([url, other], chain_id=CHAIN).ask("eth_call", {}, "latest")
        assert caught.value.data == "0xabcd"
        assert calls == []


def test_bytes_go_to_every_endpoint() -> None:
    with endpoint("good") as (first, one), endpoint("geth") as (second, two):
        told = rpc.Node([first, second], chain_id=CHAIN).tell(b"raw")
    assert told == ["", "execution reverted"]
    assert one[-1] == two[-1] == "eth_sendRawTransaction"


def test_an_endpoints_address_may_be_a_secret() -> None:
    node = rpc.Node(["https://node.example/v3/secret"], chain_id=CHAIN)
    assert "secret" not in repr(node.endpoints)
