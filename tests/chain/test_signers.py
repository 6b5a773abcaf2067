"""Whoever signs, it is the same transaction; and no key is ever told."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import coincurve
import pytest
from django.test import Client
from pytest_django import Settings

from chain import signers
from chain.ledger import desks
from chain.signers import DigestSigner, LocalKey, RemoteSigner, Signer
from tests.chain import oracles
from tests.services.servers import HOST, free_port

KEY = bytes.fromhex("4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318")
OTHER = bytes.fromhex("11" * 32)
ADDRESS = str(oracles.account().from_key(KEY).address).lower()
FIELDS: dict[str, Any] = {
    "chainId": 5, "nonce": 7, "to": "0x" + "ab" * 20, "value": 0, "data": b"\1\2\3",
    "gas": 90_000, "maxFeePerGas": 40 * 10**9, "maxPriorityFeePerGas": 10**9,
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """A signing service with a key of its own, well-behaved or not."""

    def do_POST(self) -> None:
        server: Any = self.server
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        (asked,) = call["params"]
        assert call["method"] == "eth_signTransaction"
        assert asked.pop("from") == ADDRESS
        body = json.dumps({"jsonrpc": "2.0", "id": 1} | server.answer(asked)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def signed(asked: dict[str, Any], *, key: bytes = KEY, **changes: Any) -> str:
    numbers = ("chainId", "nonce", "value", "gas", "maxFeePerGas", "maxPriorityFeePerGas")
    form = {name: int(asked[name], 16) for name in numbers} | {"type": 2, "accessList": ()}
    form |= {"to": bytes.fromhex(asked["to"][2:]), "data": asked["data"]} | changes
    return "0x" + bytes(oracles.account().sign_transaction(form, key).raw_transaction).hex()


Answer = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def service() -> Iterator[Callable[[Answer], RemoteSigner]]:
    server: Any = ThreadingHTTPServer((HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    def made(answer: Answer) -> RemoteSigner:
        server.answer = answer
        return RemoteSigner(f"http://{HOST}:{server.server_address[1]}", ADDRESS)

    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def kms(key: bytes, *, is_high: bool = False) -> Callable[[bytes], tuple[int, int]]:
    def sign(digest: bytes) -> tuple[int, int]:
        raw = coincurve.PrivateKey(key).sign_recoverable(digest, hasher=None)
        r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:64])
        return r, signers.ORDER - s if is_high else s

    return sign


def expect(signer: Signer) -> None:
    """The very transaction, from the very account."""
    for nonce in range(4):  # either parity of the signature comes by
        made = signer.sign(FIELDS | {"nonce": nonce})
        assert oracles.account().recover_transaction(made.raw).lower() == ADDRESS
        again = LocalKey(KEY).sign(FIELDS | {"nonce": nonce})
        assert (made.raw, made.hash) == (again.raw, again.hash)
    assert signer.address == ADDRESS


def test_a_local_key_signs() -> None:
    expect(LocalKey(KEY))


@pytest.mark.parametrize("shape", ["web3signer", "clef"])
def test_a_signing_service_signs(service: Callable[[Answer], RemoteSigner], shape: str) -> None:
    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        raw = signed(asked)
        return {"result": raw if shape == "web3signer" else {"raw": raw, "tx": {}}}

    expect(service(answer))


@pytest.mark.parametrize("is_high", [False, True])
def test_a_service_that_signs_digests_signs(is_high: bool) -> None:
    expect(DigestSigner(ADDRESS, kms(KEY, is_high=is_high)))


BAD: dict[str, Answer] = {
    "another transaction": lambda asked: {"result": signed(asked, nonce=99)},
    "more money": lambda asked: {"result": signed(asked, value=10**18)},
    "another key": lambda asked: {"result": signed(asked, key=OTHER)},
    "garbage": lambda _: {"result": "0x1234"},
    "no text": lambda _: {"result": 7},
    "an error": lambda _: {"error": {"code": -32000, "message": "locked"}},
}


@pytest.mark.parametrize("name", BAD)
def test_what_a_service_signs_instead_is_refused(
    service: Callable[[Answer], RemoteSigner], name: str
) -> None:
    with pytest.raises(signers.SignerRefused):
        service(BAD[name]).sign(FIELDS)


def test_another_keys_digest_is_refused() -> None:
    with pytest.raises(signers.SignerRefused):
        DigestSigner(ADDRESS, kms(OTHER)).sign(FIELDS)


def test_a_service_that_is_away_can_be_asked_again() -> None:
    with pytest.raises(signers.SignerUnavailable):
        RemoteSigner(f"http://{HOST}:{free_port()}", ADDRESS).sign(FIELDS)


def test_the_settings_choose(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(signers.NoSigner):
        signers.signer()
    settings.CHAIN_PRIVATE_KEY = KEY.hex()
    expect(signers.signer())
    settings.CHAIN_PRIVATE_KEY = ""
    file = tmp_path / "keystore.json"
    file.write_text(json.dumps(oracles.account().encrypt(KEY, "secret phrase", iterations=2)))
    settings.CHAIN_KEYSTORE, settings.CHAIN_KEYSTORE_PASSWORD = str(file), "secret phrase"
    expect(signers.signer())
    settings.CHAIN_KEYSTORE = ""
    settings.CHAIN_SIGNER_URL, settings.CHAIN_SIGNER_ADDRESS = "http://127.0.0.1:9", ADDRESS
    assert isinstance(signers.signer(), RemoteSigner)
    settings.CHAIN_SIGNER_URL = ""
    settings.CHAIN_DIGEST_SIGNER = "tests.chain.test_signers.factory"
    expect(signers.signer())


def factory() -> DigestSigner:
    return DigestSigner(ADDRESS, kms(KEY))


@pytest.mark.django_db
def test_the_key_is_told_to_nobody(
    settings: Settings, caplog: pytest.LogCaptureFixture, admin_client: Client
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.CHAIN_RPC_URLS, settings.CHAIN_ID = ("http://127.0.0.1:9",), 5
    settings.CHAIN_CONTRACT = FIELDS["to"]
    settings.CHAIN_PRIVATE_KEY = KEY.hex()
    signer = desks._signer()
    signer.sign(FIELDS)
    told = [repr(signer), str(signer), repr(signers.signer), repr(FIELDS), caplog.text]
    told += [str(record.__dict__) for record in caplog.records]
    for path in ("/admin/chain/transaction/", "/admin/chain/sender/", "/api/v1/chain/info"):
        response = admin_client.get(path)
        assert response.status_code == 200
        told.append(response.content.decode())
    with pytest.raises(TypeError) as caught:
        signer.sign({"nonce": "x", "to": "0x"})
    told += [str(caught.value), repr(caught.value)]
    for text in told:
        assert KEY.hex() not in text.lower()
        assert str(int.from_bytes(KEY)) not in text


def test_whoever_signs_still_refuses_a_nesting_bomb() -> None:
    """The signing library raises the recursion limit as it loads: the stack would overflow."""
    program = """
import json, sys
from chain.signers import LocalKey
LocalKey(bytes.fromhex("11" * 32))
assert "eth_account" in sys.modules
try:
    json.loads("[" * 100_000)
except RecursionError:
    print("refused")
"""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], env=environment,
        cwd=Path(__file__).parents[2], check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "refused\n"
