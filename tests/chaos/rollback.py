"""A world to break again and again: what a block wrote is rolled back."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core import signals
from django.core.cache import cache
from django.db import close_old_connections, connection, transaction

from markets import bars


@contextmanager
def undone() -> Iterator[None]:
    """As django.test.TestCase around a test; what was left in memory is forgotten, too."""
    forget()
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # durable blocks are allowed in it
    around.__enter__()
    try:
        yield
    finally:
        transaction.set_rollback(True)
        around.__exit__(None, None, None)
        forget()


@contextmanager
def connected() -> Iterator[None]:
    """One long transaction around many requests: none of them ends it, nor does thinking."""
    ends = (signals.request_started, signals.request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = 0")
    try:
        yield
    finally:
        for end in ends:
            end.connect(close_old_connections)


def forget() -> None:
    cache.clear()
    bars.forget()
