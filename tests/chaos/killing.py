"""A process that kills itself at the n-th moment of its dealings with the database.

A moment is right before a statement, COPY or COMMIT is sent, or right after it was answered.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


@dataclass
class Moments:
    """`fatal` is the number of the last one, from 1; without it they are only counted."""

    fatal: int | None = None
    passed: int = 0

    def next(self) -> None:
        self.passed += 1
        if self.passed == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """Django's execute_wrapper."""
        self.next()
        answer = execute(*arguments)
        self.next()
        return answer

    def around_copy(self, copy: Callable[..., Any]) -> Callable[..., Any]:
        """psycopg's COPY, which passes no execute_wrapper either."""

        @contextmanager
        def watched_copy(*arguments: Any, **options: Any) -> Iterator[Any]:
            self.next()
            with copy(*arguments, **options) as stream:
                yield stream
            self.next()

        return watched_copy


@contextmanager
def watched(moments: Moments) -> Iterator[None]:
    """Every statement of the block, and every COMMIT, which no execute_wrapper sees."""
    connection: Any = connections[DEFAULT_DB_ALIAS]  # what COMMITs is private, so untyped
    cursor: Any = psycopg.Cursor
    commit, copy = connection._commit, cursor.copy

    def committed() -> None:
        moments.next()
        commit()
        moments.next()

    connection._commit, cursor.copy = committed, moments.around_copy(copy)
    try:
        with connection.execute_wrapper(moments.around):
            yield
    finally:
        connection._commit, cursor.copy = commit, copy
