"""Who signs transactions: a key of ours, a signing service, or a service that signs digests.

A key is never part of a repr, a log line, a row or a task's arguments.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import requests
from django.conf import settings
from django.utils.module_loading import import_string
from hexbytes import HexBytes

from chain import signing
from chain.hashing import keccak256

TIMEOUT_S: Final = (2.0, 10.0)
ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
Fields = Mapping[str, Any]  # an EIP-1559 transaction, its numbers as integers, data as bytes


class NoSigner(Exception):
    """No key is configured here: only who serves the `chain` queue needs one."""


class SignerUnavailable(Exception):
    """The signing service does not answer: try again later."""


class SignerRefused(Exception):
    """What came back is no signature of ours over this transaction."""


@dataclass(frozen=True, slots=True)
class Signed:
    raw: bytes
    hash: str


class Signer(Protocol):
    """Real and simulated signers pass the same tests."""

    @property
    def address(self) -> str:
        """Lower-case hex."""
        ...

    def sign(self, fields: Fields) -> Signed:
        """:raises SignerUnavailable: or SignerRefused."""
        ...


class LocalKey:
    """A private key in this process."""

    def __init__(self, key: bytes) -> None:
        self._account = signing.library().account.from_key(key)
        self.address: str = self._account.address.lower()

    def __repr__(self) -> str:
        return f"LocalKey({self.address})"

    def sign(self, fields: Fields) -> Signed:
        signed = self._account.sign_transaction(_typed(fields))
        return Signed(bytes(signed.raw_transaction), "0x" + signed.hash.hex())


@dataclass(frozen=True)
class RemoteSigner:
    """A service that speaks eth_signTransaction (Web3Signer, Clef)."""

    url: str
    address: str

    def sign(self, fields: Fields) -> Signed:
        call = {"jsonrpc": "2.0", "id": 1, "method": "eth_signTransaction"}
        call["params"] = [{"from": self.address, **_hexed(fields)}]
        try:
            response = requests.post(self.url, json=call, timeout=TIMEOUT_S, allow_redirects=False)
            answer = response.json()
            error = answer.get("error")
        except (requests.RequestException, AttributeError, ValueError, RecursionError) as failure:
            raise SignerUnavailable(type(failure).__name__) from failure
        if error:
            raise SignerRefused("The signing service refused the transaction.")
        result = answer.get("result")
        text = result.get("raw") if isinstance(result, dict) else result  # Clef names it
        return _checked(_bytes(text), fields, address=self.address)


@dataclass(frozen=True)
class DigestSigner:
    """A service that signs 32 bytes (a KMS): `sign_digest` gives r and s."""

    address: str
    sign_digest: Callable[[bytes], tuple[int, int]]

    def sign(self, fields: Fields) -> Signed:
        transaction = signing.library().transaction
        digest = bytes(transaction.from_dict(_typed(fields)).hash())
        r, s = self.sign_digest(digest)
        s = min(s, ORDER - s)  # chains refuse the other half (EIP-2)
        for parity in (0, 1):
            form = _typed(fields) | {"v": parity, "r": r, "s": s}
            raw = bytes(transaction.from_dict(form).encode())
            if _sender_of(raw) == self.address:
                return _checked(raw, fields, address=self.address)
        raise SignerRefused("The digest was signed with another key.")


def signer() -> Signer:
    """The one the settings name. :raises NoSigner: when they name none."""
    if settings.CHAIN_PRIVATE_KEY:
        return LocalKey(bytes.fromhex(settings.CHAIN_PRIVATE_KEY.removeprefix("0x")))
    if settings.CHAIN_KEYSTORE:
        return LocalKey(_decrypted(Path(settings.CHAIN_KEYSTORE)))
    if settings.CHAIN_SIGNER_URL:
        return RemoteSigner(settings.CHAIN_SIGNER_URL, settings.CHAIN_SIGNER_ADDRESS.lower())
    if settings.CHAIN_DIGEST_SIGNER:
        made: Signer = import_string(settings.CHAIN_DIGEST_SIGNER)()
        return made
    raise NoSigner("No signer is configured in this process.")


def _decrypted(path: Path) -> bytes:
    keystore = json.loads(path.read_text(encoding="utf-8"))
    return bytes(signing.library().account.decrypt(keystore, settings.CHAIN_KEYSTORE_PASSWORD))


def _checked(raw: bytes, fields: Fields, *, address: str) -> Signed:
    """:raises SignerRefused: unless it is this very transaction, signed by `address`."""
    try:
        stated = signing.library().transaction.from_bytes(HexBytes(raw)).as_dict()
        sender = _sender_of(raw)
    except Exception as error:  # whatever a library makes of foreign bytes
        raise SignerRefused("What came back is no transaction.") from error
    wanted = _typed(fields)
    same = all(_plain(stated[name]) == _plain(wanted[name]) for name in wanted if name != "type")
    if not same or sender != address:
        raise SignerRefused("Another transaction, or another key's signature, came back.")
    return Signed(raw, "0x" + keccak256(raw).hex())


def _sender_of(raw: bytes) -> str:
    return str(signing.library().account.recover_transaction(raw)).lower()


def _typed(fields: Fields) -> dict[str, Any]:
    """As the signing library wants it: addresses as bytes, or it asks for their checksum."""
    to = {"to": bytes.fromhex(fields["to"][2:])} if "to" in fields else {}
    return {"type": 2, "accessList": (), **fields, **to}


def _hexed(fields: Fields) -> dict[str, Any]:
    return {
        name: hex(value) if isinstance(value, int) else _shown(value)
        for name, value in fields.items()
    }


def _shown(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return value.lower().removeprefix("0x")
    return list(value) if isinstance(value, tuple | list) else value


def _bytes(text: Any) -> bytes:
    """:raises SignerRefused: unless it is hexadecimal text."""
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except (AttributeError, TypeError, ValueError) as error:
        raise SignerRefused("What came back is no transaction.") from error
