"""An implementation of wallets that shares nothing with ours: eth_account."""

import importlib
import sys
from functools import cache
from typing import Any

from chain.hashing import keccak256


@cache
def _eth_account() -> tuple[Any, Any]:
    """Its imports raise the recursion limit: it is put back."""
    limit = sys.getrecursionlimit()
    messages = importlib.import_module("eth_account.messages")
    account = importlib.import_module("eth_account").Account
    sys.setrecursionlimit(limit)
    return messages, account


def messages() -> Any:
    """eth_account.messages."""
    return _eth_account()[0]


def account() -> Any:
    """eth_account.Account."""
    return _eth_account()[1]


def address(secret: bytes) -> str:
    """With its checksum."""
    return str(account().from_key(secret).address)


def sign_text(secret: bytes, text: str) -> bytes:
    """personal_sign."""
    messages, account = _eth_account()
    return bytes(account.sign_message(messages.encode_defunct(text=text), secret).signature)


def sign_typed(secret: bytes, typed_data: dict[str, Any]) -> bytes:
    """eth_signTypedData_v4."""
    messages, account = _eth_account()
    message = messages.encode_typed_data(full_message=typed_data)
    return bytes(account.sign_message(message, secret).signature)


def typed_digest(typed_data: dict[str, Any]) -> bytes:
    message = _eth_account()[0].encode_typed_data(full_message=typed_data)
    return keccak256(b"\x19" + message.version + message.header + message.body)
