"""What whole trees of processes have spent: a server's workers, PostgreSQL's backends."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.db import connection

from bench.harness import TICKS

PARENT: Final = 1  # places in /proc/PID/stat after the name
OWN, WITH_REAPED = slice(11, 13), slice(11, 15)


def tree_cpu_s(root: int) -> float:
    """User and system seconds of a process and its descendants, ended children included."""
    living = sum(_spent(pid, OWN) for pid in _descendants(root))
    return (_spent(root, WITH_REAPED) + living) / TICKS


def postmaster() -> int:
    """The process whose children are PostgreSQL's backends, found by way of our own backend."""
    connection.ensure_connection()
    raw: Any = connection.connection
    return int(_words(raw.info.backend_pid)[PARENT])


def _descendants(root: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended since it was listed
            children.setdefault(int(_words(int(entry.name))[PARENT]), []).append(int(entry.name))
    waiting = [root]
    while waiting:
        found = children.get(waiting.pop(), [])
        yield from found
        waiting.extend(found)


def _spent(pid: int, which: slice) -> int:
    """Clock ticks; what a process spent that ended meanwhile is its parent's then."""
    try:
        return sum(map(int, _words(pid)[which]))
    except OSError:
        return 0


def _words(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
