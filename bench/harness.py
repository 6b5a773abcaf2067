"""What one act costs, and how two ways of doing the same compare within one run.

The variants of a duel take turns (A B C, A B C, ...), so that a slow minute of the machine is
everybody's; a ratio is taken pair by pair and its median is what a goal is judged by.
"""

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

Act = Callable[[], object]
TICKS = os.sysconf("SC_CLK_TCK")
NANO = 1e-9
NOISY = 0.15  # a control whose two halves differ by more says that the run measured the machine


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure: a smoke run only shows that everything works, on tiny sizes."""

    is_full: bool = False
    reps: int = 7
    is_smoke: bool = False

    def pick(self, *, smoke: int, quick: int, full: int) -> int:
        if self.is_smoke:
            return smoke
        return full if self.is_full else quick


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one act: seconds, bytes of write-ahead log, and statements sent by Django."""

    wall_s: float
    client_cpu_s: float
    server_cpu_s: float
    wal_bytes: int
    statements: int

    @property
    def cpu_s(self) -> float:
        """Of both sides: this process and the connection's backend."""
        return self.client_cpu_s + self.server_cpu_s


@dataclass(frozen=True, slots=True)
class Ratio:
    """Of ours to the floor, pair by pair."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"


def measure(act: Act) -> Cost:
    """Run `act` once on Django's default connection, which is opened first if need be."""
    connection.ensure_connection()
    backend = backend_pid()
    count = Statements()
    wal, server = wal_position(), cpu_of(backend)
    client, wall = time.process_time(), time.perf_counter()
    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(count))
        act()
    wall, client = time.perf_counter() - wall, time.process_time() - client
    server = cpu_of(backend) - server
    return Cost(wall, client, server, wal_position() - wal, count.sent)


def duel(
    variants: Mapping[str, Act],
    *,
    reps: int,
    prepare: Callable[[str], object] = lambda _name: None,
) -> dict[str, list[Cost]]:
    """Every variant `reps` times, taking turns; `prepare(name)` runs unmeasured before each."""
    costs: dict[str, list[Cost]] = {name: [] for name in variants}
    for _ in range(reps):
        for name, act in variants.items():
            prepare(name)
            costs[name].append(measure(act))
    return costs


def ratio(
    costs: Mapping[str, Sequence[Cost]], *, ours: str, floor: str, of: Callable[[Cost], float]
) -> Ratio:
    """How many times the floor ours is, by what `of` reads from a cost."""
    return pairwise([of(cost) for cost in costs[ours]], [of(cost) for cost in costs[floor]])


def pairwise(ours: Sequence[float], floor: Sequence[float]) -> Ratio:
    """From numbers taken in turns."""
    found = [mine / max(least, NANO) for mine, least in zip(ours, floor, strict=True)]
    return Ratio(statistics.median(found), min(found), max(found))


def control(
    costs: Mapping[str, Sequence[Cost]], *, a: str, b: str, of: Callable[[Cost], float]
) -> float:
    """How far the medians of the same act under two names are apart, as a share."""
    return apart([of(cost) for cost in costs[a]], [of(cost) for cost in costs[b]])


def apart(first: Sequence[float], second: Sequence[float]) -> float:
    """How far two medians are apart, as a share of the smaller."""
    low, high = sorted((statistics.median(first), statistics.median(second)))
    return (high - low) / max(low, NANO)


def middle(costs: Sequence[Cost], *, of: Callable[[Cost], float]) -> float:
    return statistics.median(of(cost) for cost in costs)


def cpu(cost: Cost) -> float:
    return cost.cpu_s


def wall(cost: Cost) -> float:
    return cost.wall_s


def wal(cost: Cost) -> float:
    return float(cost.wal_bytes)


class Statements:
    """Counts what goes through Django's cursors; COPY and raw psycopg cursors do not."""

    def __init__(self) -> None:
        self.sent = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.sent += 1
        return execute(*arguments)


def backend_pid() -> int:
    raw: Any = connection.connection
    return int(raw.info.backend_pid)


def cpu_of(pid: int) -> float:
    """Processor seconds of one process: nanoseconds where the kernel tells, else its ticks."""
    try:
        spent = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) * NANO
    except OSError:
        spent = 0.0
    if spent:
        return spent
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


def wal_position() -> int:
    """Bytes of write-ahead log the cluster ever wrote."""
    raw: Any = connection.connection
    row = raw.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
    return int(row[0])
