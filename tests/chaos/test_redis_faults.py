"""F3: Redis is killed, stalls, vanishes, loses its clients, is emptied; nobody who predicts
notices, and the league goes on settling.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import redis

from tests.chaos import posters, report
from tests.chaos.posters import Crowd
from tests.chaos.stack import Server, Stack, everybody, stack
from tests.services import project, promises, servers

pytestmark = [pytest.mark.chaos, pytest.mark.services, pytest.mark.timeout(600)]
LEAD_S = 240
MINUTES = 4  # of overdue rounds for every fault, three rounds each
BACK_WITHIN_S = 60
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
    "killed": Fault(kill, revive),
    "stalled": Fault(lambda server: server.proxy.stall(), lambda server: server.proxy.heal()),
    "vanished": Fault(lambda server: server.proxy.vanish(), lambda server: server.proxy.heal()),
    "half-open": Fault(lambda server: server.proxy.half_open(), lambda _: None, is_absence=False),
    "flushed": Fault(empty, lambda _: None, is_absence=False),
}
SHORT = ("stalled", "flushed")


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("redis-faults")) as made:
        yield made


def test_whatever_happens_to_redis_predictions_are_taken_and_rounds_settled(
    league: Stack,
) -> None:
    kinds = tuple(FAULTS) if report.is_long() else SHORT
    minutes = str(MINUTES * len(kinds))
    season = project.script("short_season", minutes, str(LEAD_S), env=league.environment)
    league.hold_back(season["past"])
    league.start(*everybody(league.port))
    started_at = datetime.now(UTC)
    with posters.crowd(league.port, season) as crowd:
        servers.until(lambda: len(crowd.journal) > 20, within_s=90, what="the first words")
        league.back(since=started_at, within_s=90)
        calm_s = time.monotonic()
        time.sleep(15 if report.is_long() else 4)
        report.add("redis fault: none", **posters.measured(crowd.calls(since_s=calm_s)))
        for kind, rounds in zip(kinds, batches(season["past"], len(kinds)), strict=True):
            endure(league, crowd, kind, due=rounds)
    assert_nothing_is_lost(league, season, crowd)


def batches(rounds: list[str], count: int) -> list[list[str]]:
    return [rounds[number::count] for number in range(count)]


def endure(league: Stack, crowd: Crowd, kind: str, *, due: list[str]) -> None:
    fault = FAULTS[kind]
    began_s = time.monotonic()
    fault.begin(league.redis)
    league.release(due)
    servers.until(
        lambda: not league.unfinished(due),
        within_s=90,
        what=f"the sweep to settle without Redis ({kind})\n{league.logs()}",
    )
    if fault.is_absence:
        assert_watchers_are_told(league)
    time.sleep(max(0, began_s + (25 if report.is_long() else 8) - time.monotonic()))
    healed_at = datetime.now(UTC)
    fault.end(league.redis)
    back_s = league.back(since=healed_at, within_s=BACK_WITHIN_S)
    servers.until(lambda: is_well(league), within_s=10, what="the cache to be well again")
    calls = crowd.calls(since_s=began_s)
    report.add(
        f"redis fault: {kind}",
        **posters.measured(calls),
        settled=len(due),
        back_s=round(back_s, 1),
    )
    assert len(calls) > 20
    assert [call for call in posters.refused(calls) if call.code != "round_not_open"] == []
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


def assert_nothing_is_lost(league: Stack, season: dict[str, str], crowd: Crowd) -> None:
    league.boss.stop(list(league.boss.children))
    later = datetime.fromisoformat(season["locks_at"]) + timedelta(seconds=61)
    for _ in range(2):
        project.manage("sweep", "--now", later.isoformat(), env=league.environment)
    facts = project.script("evidence", env=league.environment)
    promises.assert_kept(facts, journal=crowd.journal)
    project.manage("check_invariants", env=league.environment)
