"""What a process keeps for some seconds: bounded, and apart for every database.

Nothing here decides anything: who acts on a memory asks the database again in the same statement.
"""

import threading
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections

T = TypeVar("T")


class Memory(Generic[T]):
    """Values by key, each kept for `lifetime`; when it is full the oldest goes."""

    def __init__(self, *, lifetime: timedelta, most: int) -> None:
        self.lifetime, self.most = lifetime, most
        self._kept: dict[tuple[str, Hashable], tuple[datetime, T]] = {}
        self._lock = threading.Lock()
        _all.append(self)

    def __len__(self) -> int:
        return len(self._kept)

    def recall(self, key: Hashable, *, now: datetime) -> T | None:
        """None when it is unknown or too old, or when the clock was set back."""
        found = self._kept.get((_database(), key))
        if found is None or not found[0] <= now < found[0] + self.lifetime:
            return None
        return found[1]

    def recall_all(self, keys: Iterable[Hashable], *, now: datetime) -> dict[Any, T]:
        """Those of many that are known."""
        database, kept, lifetime = _database(), self._kept, self.lifetime
        found = {key: kept.get((database, key)) for key in keys}
        return {
            key: seen[1]
            for key, seen in found.items()
            if seen and seen[0] <= now < seen[0] + lifetime
        }

    def keep(self, key: Hashable, value: T, *, now: datetime) -> None:
        self.keep_all({key: value}, now=now)

    def keep_all(self, values: Mapping[Any, T], *, now: datetime) -> None:
        database = _database()
        with self._lock:
            for key, value in values.items():
                place = (database, key)
                self._kept.pop(place, None)
                while len(self._kept) >= self.most:
                    del self._kept[next(iter(self._kept))]
                self._kept[place] = (now, value)

    def drop(self, key: Hashable) -> None:
        with self._lock:
            self._kept.pop((_database(), key), None)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


_all: Final[list[Memory[Any]]] = []


def forget() -> None:
    """Drop everything kept: for a database that was swapped or rolled back underneath."""
    for memory in _all:
        memory.clear()


def _database() -> str:
    # This thread's connection itself: its proxy is slow, and every request asks three times.
    return str(connections[DEFAULT_DB_ALIAS].settings_dict["NAME"])
