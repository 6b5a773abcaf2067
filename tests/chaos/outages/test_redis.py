"""F3: Redis is killed, stalls, vanishes, loses its clients, is emptied; nobody who predicts
notices, and the league goes on settling.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import redis

from tests.chaos import report
from tests.chaos.outages import posters
from tests.chaos.outages.stack import Server, Stack
from tests.chaos.outages.world import World
from tests.services import servers

pytestmark = [pytest.mark.chaos, pytest.mark.services, pytest.mark.timeout(600)]
BACK_WITHIN_S = 90
FEW = 20
BUDGET_S = 3  # what anybody who watches the league waits for an answer


@dataclass(frozen=True)
class Fault:
    """`is_absence`: Redis cannot be asked meanwhile."""

    begin: Callable[[Server], None]
    end: Callable[[Server], None]
    is_absence: bool = True


def kill(server: Server) -> None:
    server.lever.stop()


def revive(server: Server) -> None:
    server.lever.start()


def empty(server: Server) -> None:
    with redis.Redis(port=server.port) as client:
        client.flushall()


FAULTS = {
    "stalled": Fault(lambda server: server.proxy.stall(), lambda server: server.proxy.heal()),
    "killed": Fault(kill, revive),
    "vanished": Fault(lambda server: server.proxy.vanish(), lambda server: server.proxy.heal()),
    "half-open": Fault(lambda server: server.proxy.half_open(), lambda _: None, is_absence=False),
    "flushed": Fault(empty, lambda _: None, is_absence=False),
}
SHORT = ("stalled",)


def test_without_any_fault(world: World) -> None:
    with world.posting() as crowd:
        began_s = time.monotonic()
        time.sleep(8 if report.is_long() else 3)
    calls = crowd.calls(since_s=began_s)
    report.add("redis fault: none", **posters.measured(calls))
    assert posters.refused(calls) == []


@pytest.mark.parametrize("kind", tuple(FAULTS) if report.is_long() else SHORT)
def test_predictions_are_taken_and_rounds_settled_meanwhile(world: World, kind: str) -> None:
    league, fault = world.league, FAULTS[kind]
    with world.posting() as crowd:
        began_s, since = time.monotonic(), datetime.now(UTC)
        fault.begin(league.redis)
        due = world.release()
        world.await_settled(due)
        if fault.is_absence:
            assert_watchers_are_told(league)
            time.sleep(max(0, began_s + (15 if report.is_long() else 6) - time.monotonic()))
            since = datetime.now(UTC)
        fault.end(league.redis)
        back_s = league.back(since=since, within_s=BACK_WITHIN_S)
        servers.until(lambda: is_well(league), within_s=10, what="the cache to be well again")
        servers.until(
            lambda: len(crowd.calls(since_s=began_s)) > FEW, within_s=30, what="enough calls"
        )
    calls = crowd.calls(since_s=began_s)
    report.add(
        f"redis fault: {kind}",
        **posters.measured(calls),
        settled=len(due),
        back_s=round(back_s, 1),
    )
    assert posters.refused(calls) == []
    assert league.dead() == [], league.logs()


def assert_watchers_are_told(league: Stack) -> None:
    status, body, took_s = posters.read(league.port, "/health")
    assert (status, body["status"], body["cache"]) == (200, "degraded", "down")
    assert took_s < BUDGET_S
    status, body, took_s = posters.read(league.port, "/readyz")
    assert (status, body["status"]) == (200, "ok")
    assert took_s < BUDGET_S


def is_well(league: Stack) -> bool:
    return bool(posters.read(league.port, "/health")[1]["cache"] == "ok")
