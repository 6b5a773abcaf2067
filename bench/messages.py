"""What Celery costs: messages, and beat.

C1: the floor is a loop of BRPOP by redis-py over the same messages in the same Redis; ours is a
worker of the league's own Celery app (prefork, two processes, the league's settings: one message
reserved at a time) with a task that does nothing. C1-tasks counts what beat really sends in the
same time without a round and with many: what a round adds to it. C2: messages sent one at a time
to an idle worker, from publish to the first statement of the task. C3: rows in beat's table, and
the CPU of its process while nobody else asks anything of it.
"""

import contextlib
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import redis
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from bench import boards, hints
from bench.goals import Line, line, tried
from bench.harness import Plan, apart, cpu_of, pairwise
from bench.stamp import QUEUE, nothing
from config import embedded, schedule
from config.supervisor import Role, Supervisor
from league.models import Round
from tests.services.servers import supervised, until

FLOOR: Final = "bench:floor"
UNACKED: Final = "unacked"
PREFORK: Final = ("--concurrency", "2")
OTHER_BEATS: Final = {
    "its schedule in a file instead of the database": (
        "--scheduler", "celery.beat:PersistentScheduler", "--schedule", "/dev/shm/bench-beat",
    ),
    "looking into its table at most once a minute": ("--max-interval", "60"),
}  # fmt: skip
OTHER_WORKERS: Final = {
    "four threads instead of two processes": ("--pool", "threads", "--concurrency", "4"),
    "64 messages reserved for each process": (
        *PREFORK, "--", ".prefetch_multiplier=64", ".disable_prefetch=no",
    ),
}  # fmt: skip


def run(plan: Plan) -> Iterator[Line]:
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    yield from throughput(client, plan)
    yield from latency(plan)
    client.flushall()
    yield from beat(client, plan)


# -- C1 and C2 --------------------------------------------------------------------------------
def throughput(client: "redis.Redis", plan: Plan) -> Iterator[Line]:
    count = plan.pick(smoke=20, quick=1_000, full=3_000)
    turns = plan.pick(smoke=1, quick=3, full=7)
    found = race(client, count=count, turns=turns, pool=PREFORK)
    yield line(
        "C1",
        floor=f"{statistics.median(found.floor):.0f}/s",
        ours=f"{statistics.median(found.ours):.0f}/s",
        value=pairwise(found.ours, found.floor),
        noise=apart(found.floor, found.again),
        detail=f"{turns} turns of {count:,} messages that were all there before; CPU of each: "
        f"{found.loop_us:.0f} us in the loop, {found.worker_us:.0f} us in the worker's processes",
    )
    others = OTHER_WORKERS if plan.is_full or plan.is_smoke else {}
    for what, pool in others.items():
        found = race(client, count=count, turns=min(turns, 3), pool=pool)
        yield tried(
            "C1",
            what,
            floor=f"{statistics.median(found.floor):.0f}/s",
            ours=f"{statistics.median(found.ours):.0f}/s",
            ratio=pairwise(found.ours, found.floor),
        )


@dataclass(frozen=True, slots=True)
class Race:
    """Messages per second, turn by turn, and CPU microseconds of one."""

    floor: list[float]
    again: list[float]
    ours: list[float]
    loop_us: float
    worker_us: float


def race(client: "redis.Redis", *, count: int, turns: int, pool: tuple[str, ...]) -> Race:
    sample = message(client)
    floors, agains, ours = [], [], []
    loop_s = worker_s = 0.0
    with tempfile.TemporaryDirectory() as folder, working(client, Path(folder), pool) as pid:
        for _ in range(turns):
            batch = copies(sample, count)
            loop_s -= time.process_time()
            floors.append(count / pop_all(client, batch))
            loop_s += time.process_time()
            agains.append(count / pop_all(client, batch))
            worker_s -= spent(pid)
            ours.append(count / drain(client, copies(sample, count)))
            worker_s += spent(pid)
    each = 1e6 / (turns * count)
    return Race(floors, agains, ours, loop_s * each, worker_s * each)


def spent(pid: int) -> float:
    """CPU seconds of a process and all of its children."""
    return sum(cpu for cpu, _ in hints.usage(pid).values())


def latency(plan: Plan) -> Iterator[Line]:
    messages = plan.pick(smoke=5, quick=200, full=500)
    environment = dict(os.environ)
    took = hints.latencies_ms(environment["REDIS_URL"], environment, messages=messages)
    cuts = statistics.quantiles(took, n=100)
    detail = f"{messages} messages, the slowest took {took[-1]:.1f} ms"
    for goal, value in (("C2", cuts[49]), ("C2-p99", cuts[98])):
        yield line(goal, floor="", ours=f"{value:.1f} ms", value=value, detail=detail)


def message(client: "redis.Redis") -> bytes:
    """One as Celery publishes it."""
    nothing.delay()
    found = client.lpop(QUEUE)
    assert isinstance(found, bytes)
    return found


def copies(sample: bytes, count: int) -> list[bytes]:
    """With identities of their own."""
    body = json.loads(sample)
    made = []
    for _ in range(count):
        body["headers"]["id"] = body["properties"]["correlation_id"] = str(uuid.uuid4())
        body["properties"]["delivery_tag"] = str(uuid.uuid4())
        made.append(json.dumps(body).encode())
    return made


def pop_all(client: "redis.Redis", messages: list[bytes]) -> float:
    """Seconds of a BRPOP loop."""
    client.lpush(FLOOR, *messages)
    began = time.perf_counter()
    for _ in messages:
        assert client.brpop([FLOOR], timeout=5)
    return time.perf_counter() - began


def drain(client: "redis.Redis", messages: list[bytes]) -> float:
    """Seconds until a worker has taken and acknowledged every message."""
    began = time.perf_counter()
    client.lpush(QUEUE, *messages)
    until(lambda: is_drained(client), within_s=120, what="the worker")
    return time.perf_counter() - began


def is_drained(client: "redis.Redis") -> bool:
    return not client.llen(QUEUE) and not client.hlen(UNACKED)


@contextlib.contextmanager
def working(client: "redis.Redis", folder: Path, pool: tuple[str, ...]) -> Iterator[int]:
    """A worker on the bench's queue; yields its process id."""
    options = ("--queues", QUEUE, "--without-gossip", "--without-mingle", *pool)
    command = (sys.executable, "-m", "celery", "-A", "bench.stamp", "worker", *options)
    nothing.delay()
    role = Role(name="worker", command=command)
    with supervised(role, folder=folder, is_up=lambda: is_drained(client)) as boss:
        yield boss.children["worker"].process.pid


# -- C1-tasks and C3 --------------------------------------------------------------------------
def beat(client: "redis.Redis", plan: Plan) -> Iterator[Line]:
    seconds = plan.pick(smoke=2, quick=20, full=60)
    count = plan.pick(smoke=10, quick=1_000, full=10_000)
    role = embedded.beat()
    with (
        tempfile.TemporaryDirectory() as folder,
        supervised(role, folder=Path(folder), is_up=lambda: waiting(client) > 0) as boss,
    ):
        time.sleep(min(seconds, 5))
        without, share = watch(client, boss, seconds=seconds)
        rows = PeriodicTask.objects.count()
        play(count)
        with_them, _ = watch(client, boss, seconds=seconds)
        more = PeriodicTask.objects.count() - rows
    told = f"{seconds} s of beat: {without} messages without rounds, {with_them} with {count:,}"
    yield line(
        "C1-tasks",
        floor=f"{without} / {seconds} s",
        ours=f"{with_them} / {seconds} s",
        value=max(with_them - without, 0) / count,
        detail=told,
    )
    yield line(
        "C3", floor="", ours=str(rows), value=rows, detail=f"with {count:,} rounds {more} more"
    )
    yield line("C3-cpu", floor="", ours=f"{share:.2f} %", value=share, detail=told)
    for what, options in OTHER_BEATS.items():
        client.flushall()
        other = replace(role, command=(*role.command, *options))
        taken = alone(client, other, seconds)
        yield tried("C3-cpu", what, floor="", ours=f"{taken:.2f} %", ratio=taken)


def alone(client: "redis.Redis", role: Role, seconds: int) -> float:
    """The share of a core of another beat, in percent."""
    with (
        tempfile.TemporaryDirectory() as folder,
        supervised(role, folder=Path(folder), is_up=lambda: waiting(client) > 0) as boss,
    ):
        time.sleep(min(seconds, 5))
        return watch(client, boss, seconds=seconds)[1]


def watch(client: "redis.Redis", boss: Supervisor, *, seconds: int) -> tuple[int, float]:
    """Messages sent meanwhile, and the beat's share of a core in percent."""
    pid = boss.children["beat"].process.pid
    sent, used = waiting(client), cpu_of(pid)
    time.sleep(seconds)
    return waiting(client) - sent, (cpu_of(pid) - used) / seconds * 100


def waiting(client: "redis.Redis") -> int:
    """Messages nobody takes, as no worker of the league runs."""
    return sum(int(client.llen(queue.name)) for queue in schedule.QUEUES)


def play(count: int) -> None:
    """Rounds of every kind of future, one a minute."""
    season = boards.season().season
    first = timezone.now() + timedelta(hours=1)
    minutes = itertools.count()
    hour = timedelta(hours=1)
    Round.objects.bulk_create(
        Round(
            season=season,
            asset_id="ETH",
            horizon="1h",
            opens_at=locks_at - hour,
            locks_at=locks_at,
            settles_at=locks_at + hour,
            status="scheduled",
        )
        for locks_at in (first + timedelta(minutes=next(minutes)) for _ in range(count))
    )
