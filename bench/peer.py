"""Against the stack most would choose: FastAPI, SQLAlchemy and asyncpg on uvicorn.

Both sides are servers of two processes on loopback, asked by wrk over eight connections in turns;
both write into the same tables of the same PostgreSQL, count requests with the same script in the
same Redis and for Prometheus over their processes, find and check the key, read the entry
strictly, hold the round against its lock, compute the same digest and answer JSON of the same
shape with the operator's signature. Ours is gunicorn as it is deployed, with every middleware.
The peer is `bench/refs/peer`, on uvloop and httptools, in the ordinary style of such a service: a
session a request, the key and the round by one SELECT each, the entry by the ORM. Ours remembers
keys and rounds and asks about both again in the statement that writes, so this compares two
designs, not two frameworks; a peer that did the same would be faster (it stands among the other
designs).

P1 and P2 are one entry a request; the -once goals the same under an Idempotency-Key each, whose
answer is kept in the entry's own commit. CPU is that of the server's processes and of all of
PostgreSQL. Neither side writes a line of log for an accepted entry.
"""

import shutil
import statistics
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from bench import crowd, post_http, processes
from bench.goals import Line, line, tried, unmeasured
from bench.harness import Plan, Ratio, apart, pairwise
from bench.post_http import Load
from config import allowance, embedded
from predictions.models import Prediction
from tests.services import servers

HOME = Path(__file__).parents[1]
PYTHON = HOME / ".venv-bench" / "bin" / "python"
GOALS = ("P1", "P2", "P1-once", "P2-once")
KEYS = 50
PER_S = 2_000  # more than either side answers: lines must outlast a turn
SIDES = {"": ("peer", "again", "lean", "ours"), "-once": ("peer", "again", "ours")}


@dataclass(frozen=True, slots=True)
class Turn:
    """Of one side: processor seconds a request, of the server and of PostgreSQL; requests/s."""

    app_s: float
    database_s: float
    per_s: float


def run(plan: Plan) -> Iterator[Line]:
    if not PYTHON.exists() or not shutil.which("wrk"):
        yield from (unmeasured(goal) for goal in GOALS if not plan.is_smoke)
        return
    seconds = plan.pick(smoke=1, quick=2, full=4)
    turns = 1 + plan.pick(smoke=1, quick=3, full=7)  # the first warms up
    each = PER_S * seconds // KEYS + 1
    secrets = crowd.players(KEYS)
    fresh = iter(crowd.rounds(crowd.season(), sum(map(len, SIDES.values())) * turns * each))
    with ExitStack() as stack:
        stage = Stage(stack, secrets)
        for suffix, sides in SIDES.items():
            found: dict[str, list[Turn]] = {side: [] for side in sides}
            for turn in range(turns):
                for side, taken in found.items():
                    rounds = post_http.take(fresh, each)
                    name = f"{side}-{turn}{suffix}" if suffix else ""
                    taken.append(stage.turn(side, rounds, seconds=seconds, name=name))
            yield from judged({side: taken[1:] for side, taken in found.items()}, suffix)


class Stage:
    """Both servers, up and warm, and what each has taken."""

    def __init__(self, stack: ExitStack, secrets: Sequence[str]) -> None:
        self.secrets, self.postmaster = secrets, processes.postmaster()
        self.file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "requests"
        port, other = servers.free_port(), servers.free_port()
        ours = post_http.serving(post_http.command_of(post_http.WORKERS, port=port), port=port)
        memory = embedded.MEMORY_FILES if embedded.MEMORY_FILES.is_dir() else None
        counted = stack.enter_context(tempfile.TemporaryDirectory(dir=memory))
        peer = post_http.serving(command_of(port=other), port=other, **surroundings(counted))
        self.ours = (port, stack.enter_context(ours))
        self.peer = (other, stack.enter_context(peer))

    def turn(self, side: str, rounds: Sequence[uuid.UUID], *, seconds: int, name: str) -> Turn:
        """:raises AssertionError: when an answer was no 201, or its entry is not stored."""
        port, pid = self.ours if side == "ours" else self.peer
        before = self.spent(pid)
        lines = self.lines(rounds, prefix="/lean" if side == "lean" else "")
        sent = Load(port, self.file).sent(lines, seconds=seconds, name=name)
        app, database = (now - then for now, then in zip(self.spent(pid), before, strict=True))
        stored = Prediction.objects.filter(round__in=rounds).count()
        in_flight = stored - sent.requests
        assert 0 <= in_flight <= post_http.CLIENTS, (side, stored, sent)
        return Turn(app / stored, database / stored, sent.per_s)

    def spent(self, pid: int) -> tuple[float, float]:
        return processes.tree_cpu_s(pid), processes.tree_cpu_s(self.postmaster)

    def lines(self, rounds: Sequence[uuid.UUID], *, prefix: str) -> Iterator[str]:
        return (prefix + one for one in post_http.singles(self.secrets, rounds))


def command_of(*, port: int) -> list[str]:
    command = [str(PYTHON), "-m", "uvicorn", "bench.refs.peer.app:app", "--workers", "2"]
    command += ["--host", servers.HOST, "--port", str(port), "--loop", "uvloop"]
    return [*command, "--http", "httptools", "--no-access-log", "--log-level", "error"]


def surroundings(counted: str) -> dict[str, str]:
    """What the peer is told beyond the environment both have; `counted`: a folder in memory."""
    return {
        "PROMETHEUS_MULTIPROC_DIR": counted,
        "PEER_REDIS_URL": settings.CACHE_REDIS_URL,
        "PEER_LIMITER": allowance.COUNT,
        "PYTHONPATH": str(HOME),
    }


def judged(found: Mapping[str, Sequence[Turn]], suffix: str) -> Iterator[Line]:
    peer, ours = found["peer"], found["ours"]
    how = f"wrk, {post_http.CLIENTS} connections, {len(ours)} turns; CPU of application and"
    split = f"{how} PostgreSQL: peer {parts(peer)}, ours {parts(ours)}; 0 refused, all stored"
    yield line(
        f"P1{suffix}", floor=us(peer), ours=us(ours), value=of(ours, peer, cpu), detail=split,
        noise=apart(list(map(cpu, peer)), list(map(cpu, found["again"]))),
    )  # fmt: skip
    yield line(
        f"P2{suffix}", floor=per_s(peer), ours=per_s(ours), value=of(ours, peer, rate),
        noise=apart(list(map(rate, peer)), list(map(rate, found["again"]))),
    )  # fmt: skip
    if found.get("lean"):
        what = "FastAPI as lean: a remembered key and one statement, beside the peer"
        lean = found["lean"]
        yield tried("P1", what, floor=us(peer), ours=us(lean), ratio=of(lean, peer, cpu))
        yield tried("P2", what, floor=per_s(peer), ours=per_s(lean), ratio=of(lean, peer, rate))


def cpu(turn: Turn) -> float:
    return turn.app_s + turn.database_s


def rate(turn: Turn) -> float:
    return turn.per_s


def of(ours: Sequence[Turn], floor: Sequence[Turn], what: Callable[[Turn], float]) -> Ratio:
    return pairwise(list(map(what, ours)), list(map(what, floor)))


def us(turns: Sequence[Turn]) -> str:
    return f"{statistics.median(map(cpu, turns)) * 1e6:,.0f} us"


def per_s(turns: Sequence[Turn]) -> str:
    return f"{statistics.median(map(rate, turns)):,.0f}/s"


def parts(turns: Sequence[Turn]) -> str:
    app, database = (
        statistics.median(one) * 1e6
        for one in zip(*((turn.app_s, turn.database_s) for turn in turns), strict=True)
    )
    return f"{app:,.0f} + {database:,.0f} us"
