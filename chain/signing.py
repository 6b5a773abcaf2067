"""The library that signs transactions, loaded by who signs: it is heavy.

What it imports raises the recursion limit of the whole process a hundredfold; nested JSON from a
node or a vendor would then overflow the stack instead of being refused. The limit is put back.
"""

import sys
import threading
from functools import cache
from typing import Any, Final, NamedTuple

_loading: Final = threading.Lock()


class Library(NamedTuple):
    """eth_account's Account and TypedTransaction."""

    account: Any
    transaction: Any


@cache
def library() -> Library:
    """Loaded once, whoever asks first."""
    with _loading:  # who reads the limit meanwhile would put the raised one back
        limit = sys.getrecursionlimit()
        try:
            from eth_account import Account  # noqa: PLC0415 -- heavy
            from eth_account.typed_transactions import typed_transaction  # noqa: PLC0415 -- heavy
        finally:
            sys.setrecursionlimit(limit)
    return Library(Account, typed_transaction.TypedTransaction)
