"""F4: PostgreSQL restarts, stalls or vanishes; whoever asks is told to come again, soon."""

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.chaos import report
from tests.chaos.outages import posters
from tests.chaos.outages.posters import Call
from tests.chaos.outages.stack import Server
from tests.chaos.outages.world import World
from tests.services import servers
from tests.services.bots import CREATED

pytestmark = [pytest.mark.chaos, pytest.mark.services, pytest.mark.timeout(600)]
BACK_WITHIN_S = 90
HANG_S = 18  # a health check, a connection that fails, and a statement that never ends


def restart(number: int) -> Callable[[Server], None]:
    def begin(server: Server) -> None:
        server.lever.stop(number)

    return begin


def stall(server: Server) -> None:
    server.proxy.stall()


def vanish(server: Server) -> None:
    server.proxy.vanish()


FAULTS = {
    "restart immediate": restart(signal.SIGQUIT),
    "restart fast": restart(signal.SIGINT),
    "stalled": stall,
    "vanished": vanish,
}
SHORT = ("restart immediate",)


def outage_s(kind: str) -> float:
    """A statement that was sent when the server fell silent is given up after twelve seconds."""
    if not kind.startswith("restart"):
        return 16
    return 10 if report.is_long() else 2


def heal(server: Server, kind: str) -> None:
    if kind.startswith("restart"):
        server.lever.start()
        servers.until(servers.Postgres(server.port).is_up, within_s=60, what="PostgreSQL to be up")
    else:
        server.proxy.heal()


@pytest.mark.parametrize("kind", tuple(FAULTS) if report.is_long() else SHORT)
def test_an_absent_database_is_a_503_and_nothing_else(world: World, kind: str) -> None:
    league = world.league
    with world.posting(size=6) as crowd:
        due = world.release()
        began_s = time.monotonic()
        FAULTS[kind](league.postgres)
        time.sleep(outage_s(kind))
        heal(league.postgres, kind)
        healed_s, healed_at = time.monotonic(), datetime.now(UTC)
        back_s = league.back(since=healed_at, within_s=BACK_WITHIN_S)
        world.await_settled(due)
    calls = crowd.calls(since_s=began_s)
    turned_away = posters.refused(calls)
    report.add(f"postgres {kind}", **counted(calls), settled=len(due), back_s=round(back_s, 1))
    assert turned_away, "the outage was too short for anybody to notice"
    assert [call for call in turned_away if not is_honest(call)] == []
    assert max(call.took_s for call in calls) < HANG_S
    assert any(call.status in CREATED for call in calls if call.at_s > healed_s)
    assert league.dead() == [], league.logs()


def is_honest(call: Call) -> bool:
    """503, as a problem document, with the time to wait."""
    return (call.status, call.code, call.content_type, call.retry_after) == (
        503, "unavailable", "application/problem+json", "5",
    )  # fmt: skip


def counted(calls: list[Call]) -> dict[str, object]:
    away = [call for call in calls if call.status == 503]
    return {
        "posts": len(calls),
        "503s": len(away),
        "slowest_503_ms": max((round(1000 * call.took_s) for call in away), default=0),
        "500s": sum(call.status == 500 for call in calls),
        "unanswered": sum(call.status == 0 for call in calls),
    }
