"""Contract wallets (EIP-1271), asked of nodes that answer, refuse, fail and lie."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from eth_abi.abi import encode

from chain import contract_wallets, rpc
from chain.contract_wallets import ContractWallets, NoAnswer
from chain.hashing import keccak256

CHAIN_ID = 31337
ADDRESS = "0x" + "5a" * 20
DIGEST = keccak256(b"a message")
SIGNATURE = bytes(range(1, 98))
VALID = "0x1626ba7e" + "00" * 28
Told = tuple[int, bytes]
Node = Callable[[Any], Told]


def result(value: Any) -> Told:
    return 200, json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode()


def error(code: int, message: str) -> Told:
    told = {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}
    return 200, json.dumps(told).encode()


@pytest.fixture
def serve() -> Iterator[Callable[[Node], tuple[str, list[Any]]]]:
    """Starts a node that tells what `node` makes of a call; its URL, and what it was asked."""
    servers = []

    def start(node: Node) -> tuple[str, list[Any]]:
        asked: list[Any] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                call = json.loads(body)
                if call["method"] == "eth_chainId":
                    status, told = result(hex(CHAIN_ID))
                else:
                    asked.append(call)
                    status, told = node(call)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", told.decode())
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: Any) -> None:
                return

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}", asked

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(*urls: str) -> bool:
    contracts = ContractWallets(rpc.Node(urls, chain_id=CHAIN_ID))
    return contracts.is_valid(address=ADDRESS, digest=DIGEST, signature=SIGNATURE)


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_the_contract_is_asked_once_in_the_standards_words(serve: Any) -> None:
    url, asked = serve(lambda _: result(VALID))
    assert ask(url)
    (call,) = asked
    assert call["method"] == "eth_call"
    to, block = call["params"]
    arguments = encode(["bytes32", "bytes"], [DIGEST, SIGNATURE])
    selector = keccak256(b"isValidSignature(bytes32,bytes)")[:4]
    assert (to, block) == (
        {"to": ADDRESS, "data": f"0x{(selector + arguments).hex()}"},
        "latest",
    )


@pytest.mark.parametrize(
    "told",
    [
        result("0x"),  # an address without code
        result("0xffffffff" + "00" * 28),
        result("0x" + "00" * 32),
        result("0x1626ba7e"),  # a word is 32 bytes
        result("0x1626ba7e" + "00" * 27 + "01"),
        result("0x" + "00" * 28 + "1626ba7e"),
        result(VALID + "00" * 32),
        result(7),
        result(None),
        error(3, "execution reverted: no"),
        error(-32000, "VM Exception while processing transaction: reverted"),
    ],
)
def test_whatever_is_not_the_magic_word_is_a_refusal(serve: Any, told: Told) -> None:
    url, _ = serve(lambda _: told)
    assert not ask(url)


FAILING: dict[str, Told] = {
    "its limit": error(-32005, "limit exceeded"),
    "500": (500, b"{}"),
    "429": (429, b"slow down"),
    "HTML": (200, b"<html>"),
    "no object": (200, b"[]"),
    "neither result nor error": (200, b"{}"),
    "nothing": (200, b""),
}


@pytest.mark.parametrize("kind", FAILING)
def test_the_next_node_is_asked_when_one_fails(serve: Any, kind: str) -> None:
    failing, asked = serve(lambda _: FAILING[kind])
    good, _ = serve(lambda _: result(VALID))
    assert ask(closed_port(), failing, good)
    assert len(asked) == 1
    with pytest.raises(NoAnswer):
        ask(failing, closed_port())


def test_a_node_that_sends_us_elsewhere_has_not_answered(serve: Any) -> None:
    good, asked = serve(lambda _: result(VALID))
    elsewhere, _ = serve(lambda _: (302, good.encode()))
    with pytest.raises(NoAnswer):
        ask(elsewhere)
    assert asked == []


def test_a_node_that_refuses_the_call_has_not_judged(serve: Any) -> None:
    url, _ = serve(lambda _: error(-32601, "the method eth_call does not exist"))
    with pytest.raises(NoAnswer):
        ask(url)


def test_a_node_of_another_chain_is_not_asked(serve: Any) -> None:
    url, asked = serve(lambda _: result(VALID))
    elsewhere = ContractWallets(rpc.Node([url], chain_id=1))
    with pytest.raises(NoAnswer):
        elsewhere.is_valid(address=ADDRESS, digest=DIGEST, signature=SIGNATURE)
    assert asked == []


def test_without_a_node_or_its_chain_there_is_nobody_to_ask(settings: Any) -> None:
    for urls, chain_id in (((), 1), (("http://127.0.0.1:1",), 0)):
        settings.CHAIN_RPC_URLS, settings.CHAIN_ID = urls, chain_id
        assert contract_wallets.configured() is None
    settings.CHAIN_RPC_URLS, settings.CHAIN_ID = ["http://127.0.0.1:1"], 5
    found = contract_wallets.configured()
    assert found is not None
    assert found.node.chain_id == 5
    assert contract_wallets.configured() is found
