"""Entering predictions.

P3 compares requests through WSGI in one process, without sockets: ours with every middleware, the
limiter's Redis included, and keys that the process knows; the floor is `bench/refs/plain_view.py`,
a Django view with no middleware at all that looks the key up and inserts the row in two raw
statements, with Django's connection health check off. Each act enters one word of every player in
a round of its own.

P5 counts predictions in bulk requests of 100 against single requests, by the clock and in turns.
Either knows its key and its rounds: another player has just entered the same. Beside it stand bulk
requests for rounds the process never saw, and the ordinary way in one transaction, which also
revises and answers an Idempotency-Key. `--full` does single requests over HTTP, too (gunicorn
gthread, 2 workers of 4 threads, 8 connections), and sets them beside pgbench with as many clients
(P4). P6 counts statements.
"""

import statistics
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from bench import crowd, post_http
from bench.goals import Line, line, tried, unmeasured
from bench.harness import Cost, Plan, control, cpu, duel, measure, middle, pairwise, ratio
from config.wsgi import application
from league import keys as api_keys
from league import memories
from predictions.models import Prediction

BULK = 100
DESIGNS = {
    "unseen": "the same for rounds the process never saw: one statement more",
    "ordinary": "the ordinary way: read, gate, then write, in one transaction",
}


def run(plan: Plan) -> Iterator[Line]:
    players = plan.pick(smoke=5, quick=200, full=200)
    size = plan.pick(smoke=5, quick=BULK, full=BULK)
    needed = 8 + plan.reps * (4 + 3 * size)
    over_http = post_http.ROUNDS if plan.is_full else 0
    secrets = crowd.players(max(players, post_http.PLAYERS if plan.is_full else 0))
    rounds = crowd.rounds(crowd.season(), needed + over_http)
    stage = Stage(secrets[:players], rounds[over_http:], plan)
    yield from stage.statements()
    yield from stage.singles()
    yield from stage.many()
    if plan.is_full:
        yield from post_http.run(secrets[:players], rounds[:over_http])
    elif not plan.is_smoke:
        yield unmeasured("P4")


class Stage:
    def __init__(self, secrets: list[str], rounds: list[uuid.UUID], plan: Plan) -> None:
        self.secrets, self.fresh, self.plan = secrets, iter(rounds), plan
        self.bulk_size = plan.pick(smoke=5, quick=BULK, full=BULK)
        with plain():
            self.floor = WSGIHandler()

    # -- P6 ---------------------------------------------------------------------------------------
    def statements(self) -> Iterator[Line]:
        first, second = next(self.fresh), next(self.fresh)
        self.warm(first)
        warm = self.measured(first, self.secrets[1]).statements
        yield line("P6", floor="1", ours=str(warm), value=warm)
        cold = self.measured(second, self.newcomer()).statements
        yield line(
            "P6-cold", floor="1", ours=str(cold), value=cold,
            detail="a key and a round the process never saw, in a market it knows;"
            f" in a process that knows nothing it is {self.ignorant(second)} statements",
        )  # fmt: skip

    def measured(self, round_id: uuid.UUID, key: str) -> Cost:
        return measure(lambda: crowd.post(application, crowd.path(round_id), key=key))

    def newcomer(self) -> str:
        memories.forget()
        self.secrets = self.secrets[:-1]
        other = next(self.fresh)
        crowd.post(application, crowd.path(other), key=self.secrets[0])
        return self.secrets[2]

    def ignorant(self, round_id: uuid.UUID) -> int:
        memories.forget()
        return self.measured(round_id, self.secrets[3]).statements

    # -- P3 ---------------------------------------------------------------------------------------
    def singles(self) -> Iterator[Line]:
        acts = {"floor": self.enter_plainly, "again": self.enter_plainly, "ours": self.enter}
        self.entered: dict[str, uuid.UUID] = {}
        self.costs = duel(acts, reps=self.plan.reps, prepare=self.prepare)
        assert stored(self.entered["floor"]) == stored(self.entered["ours"])
        yield line(
            "P3",
            floor=per(self.costs["floor"], len(self.secrets)),
            ours=per(self.costs["ours"], len(self.secrets)),
            value=ratio(self.costs, ours="ours", floor="floor", of=cpu),
            noise=control(self.costs, a="floor", b="again", of=cpu),
            detail=f"CPU of application and PostgreSQL; {len(self.secrets) - 1} requests an act",
        )

    def prepare(self, name: str) -> None:
        self.round_id = self.entered[name] = next(self.fresh)
        database: Any = connection
        database.ensure_connection()
        database.health_check_enabled = name == "ours"
        if name == "ours":
            self.warm(self.round_id)
        else:
            with plain():
                crowd.post(self.floor, crowd.path(self.round_id), key=self.secrets[0])

    def warm(self, round_id: uuid.UUID) -> None:
        """The process knows the keys, the round and its market."""
        now = timezone.now()
        for secret in self.secrets:
            api_keys.recall(secret, now=now)
        crowd.post(application, crowd.path(round_id), key=self.secrets[0])

    def enter(self) -> None:
        for secret in self.secrets[1:]:
            crowd.post(application, crowd.path(self.round_id), key=secret)

    def enter_plainly(self) -> None:
        with plain():
            for secret in self.secrets[1:]:
                crowd.post(self.floor, crowd.path(self.round_id), key=secret)

    # -- P5 ---------------------------------------------------------------------------------------
    def many(self) -> Iterator[Line]:
        acts = {
            "ours": self.enter,
            "bulk": self.enter_many,
            "unseen": self.enter_many,
            "ordinary": lambda: self.enter_many("dry_run=false"),
        }
        costs = duel(acts, reps=self.plan.reps, prepare=self.prepare_many)
        singles = len(self.secrets) - 1
        alone = [cost.wall_s / singles for cost in costs["ours"]]
        floor = f"{1 / statistics.median(alone):,.0f}/s"
        spent = middle(costs["bulk"], of=cpu) / self.bulk_size
        apart = middle(costs["ours"], of=cpu) / singles / spent
        for name in ("bulk", "unseen", "ordinary"):
            each = [cost.wall_s / self.bulk_size for cost in costs[name]]
            ours, times = f"{1 / statistics.median(each):,.0f}/s", pairwise(alone, each)
            if name != "bulk":
                yield tried("P5", DESIGNS[name], floor=floor, ours=ours, ratio=times)
                continue
            yield line(
                "P5", floor=floor, ours=ours, value=times,
                detail=f"{self.bulk_size} a request, by the clock, in one process; CPU"
                f" {spent * 1e6:.0f} us a prediction, {apart:.1f} times less than of a request",
            )  # fmt: skip

    def prepare_many(self, name: str) -> None:
        if name == "ours":
            self.prepare(name)
            return
        self.body = crowd.bulk([next(self.fresh) for _ in range(self.bulk_size)])
        if name != "unseen":
            crowd.post(application, crowd.MANY, key=self.secrets[1], body=self.body)

    def enter_many(self, query: str = "") -> None:
        address = f"{crowd.MANY}?{query}"
        crowd.post(application, address, key=self.secrets[0], body=self.body)


def stored(round_id: uuid.UUID) -> list[tuple[Any, ...]]:
    """Who said what: the floor stores the same words."""
    columns = ("player_id", "form", "basis", "p10", "p50", "p90", "revision", "is_withdrawn")
    return sorted(Prediction.objects.filter(round=round_id).values_list(*columns))


def per(costs: Sequence[Cost], requests: int) -> str:
    return f"{middle(costs, of=cpu) / (requests - 1) * 1e6:,.0f} us"


@contextmanager
def plain() -> Iterator[None]:
    with override_settings(MIDDLEWARE=[], ROOT_URLCONF="bench.refs.plain_view"):
        yield
