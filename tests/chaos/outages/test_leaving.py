"""F9: SIGTERM in the middle of work: the unit at work is committed, the rest is the next one's."""

import contextlib
import random
import re
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config import embedded
from config.supervisor import Role, Supervisor
from tests.chaos import report
from tests.chaos.outages import posters
from tests.chaos.outages.test_lost_answers import is_up
from tests.chaos.outages.world import SPARE, World
from tests.services import project, promises, servers
from tests.services.bots import CREATED, parsed
from tests.services.proxy import Proxy

pytestmark = [pytest.mark.chaos, pytest.mark.services, pytest.mark.timeout(600)]
SEED = 20_261_126
NAPPING = "tests.chaos.outages.napping"
GONE_WITHIN_S = 30
BROKEN_OFF = re.compile(r"unexpected EOF on client connection with an open transaction")


@pytest.fixture(scope="module")
def other(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisor]:
    """A league of its own beside the living one, with nothing but overdue rounds."""
    folder = tmp_path_factory.mktemp("leaving")
    environment = world.league.environment | {
        "DATABASE_URL": world.league.database_url(SPARE),
        "REDIS_URL": f"redis://127.0.0.1:{world.league.redis.port}/4",
        "VAR_DIR": str(folder),
        "PORT": str(servers.free_port()),
    }
    boss = Supervisor(environment=environment, log_dir=folder / "logs", report=print)
    yield boss
    boss.stop(list(boss.children), is_urgent=lambda: True)
    boss.dismiss_guardian()


def test_a_worker_told_to_leave_commits_its_unit_and_leaves_the_rest(
    world: World, other: Supervisor
) -> None:
    minutes, terms = (40, 3) if report.is_long() else (6, 1)
    project.script("short_season", str(minutes), "0", env=other.environment)
    chance, exits_s, left = random.Random(SEED), list[float](), list[int]()
    began = broken_off(world)
    other.start(embedded.beat(), now_s=0)
    for number in range(terms):
        other.start(embedded.worker(), now_s=0)
        share = (number + chance.uniform(0.2, 0.8)) / terms
        await_done(world, round(share * 3 * minutes))
        exits_s.append(leave(other, "worker"))
        left.append(3 * minutes - done(world))
    if report.is_long():
        other.start(embedded.worker(), now_s=0)
        await_done(world, 3 * minutes)
        exits_s.append(leave(other, "worker"))
    other.stop(["beat"])
    later = (datetime.now(UTC) + timedelta(minutes=4)).isoformat()
    for _ in range(2):
        project.manage("sweep", "--now", later, env=other.environment)
    promises.assert_kept(project.script("evidence", env=other.environment), journal=[])
    project.manage("check_invariants", env=other.environment)
    rolled_back = broken_off(world) - began
    report.add(
        "sigterm: worker mid-settlement", terms=len(exits_s),
        slowest_exit_s=round(max(exits_s), 1), exit_codes=0,
        unfinished_at_term=left, broken_off=rolled_back, violations=0,
    )  # fmt: skip
    assert any(left), "it never left in the middle"
    assert rolled_back == 0
    if report.is_long():
        give_up(other)


def leave(boss: Supervisor, name: str) -> float:
    """Seconds from SIGTERM to the end, which must be a good one."""
    process, began_s = boss.children[name].process, time.monotonic()
    process.send_signal(signal.SIGTERM)
    code = process.wait(timeout=GONE_WITHIN_S)
    took_s = time.monotonic() - began_s
    assert code == 0, boss.last_lines(name, count=40)
    boss.stop([name])
    return took_s


def await_done(world: World, count: int) -> None:
    servers.until(lambda: done(world) >= count, within_s=150, what=f"{count} final rounds")


def done(world: World) -> int:
    with psycopg.connect(world.league.database_url(SPARE)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM league_round WHERE status = 'final'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def broken_off(world: World) -> int:
    """Transactions that PostgreSQL had to roll back because their client was gone."""
    log: Path = world.league.postgres.lever.boss.log_dir / "postgres.log"
    return len(BROKEN_OFF.findall(log.read_text(encoding="utf-8", errors="replace")))


def give_up(other: Supervisor) -> None:
    """Whatever is still busy after a while is interrupted; the end is a good one all the same."""
    worker = embedded.worker()
    command = tuple(part.replace("config", NAPPING) for part in worker.command)
    other.start(Role(name="napping", command=command), now_s=0)
    project.run(["-m", NAPPING], env=other.environment)
    log = other.log_dir / "napping.log"
    servers.until(lambda: "asleep" in log.read_text(), within_s=60, what="a nap")
    took_s = leave(other, "napping")
    report.add("sigterm: worker that would sleep on", exit_s=round(took_s, 1), exit_codes=0)
    assert "SoftTimeLimitExceeded" in log.read_text()


def test_a_web_server_told_to_leave_answers_what_it_was_asked(
    world: World, other: Supervisor
) -> None:
    port, answers = servers.free_port(), list[tuple[int, dict[str, Any]]]()

    def post(handle: str) -> None:
        body = '{"form": "point", "basis": "return", "point": "1"}'
        path = f"/api/v1/rounds/{world.season['open'][0]}/prediction"
        response, content = posters.ask(port, path, body=body, key=world.season["keys"][handle])
        answers.append((response.status, parsed(content)))

    with Proxy(world.league.postgres.port) as slow:
        url = world.league.database.replace(f":{world.league.postgres.port}/", f":{slow.port}/")
        role = embedded.web(port=port)
        other.start(
            Role(name="web", command=role.command, environment={"DATABASE_URL": url}), now_s=0
        )
        servers.until(lambda: is_up(port), within_s=90, what="the web server")
        slow.delay_s = 0.1
        askers = [threading.Thread(target=post, args=(name,)) for name in world.season["keys"]]
        for asker in askers:
            asker.start()
        servers.until(lambda: slow.links > len(askers) // 2, within_s=20, what="them to be served")
        took_s = leave(other, "web")
        for asker in askers:
            asker.join()
    report.add(
        "sigterm: web with requests in flight", requests=len(askers),
        answered=sum(status in CREATED for status, _ in answers), exit_s=round(took_s, 1),
    )  # fmt: skip
    assert [status in CREATED for status, _ in answers] == [True] * len(askers), answers
    with contextlib.suppress(ConnectionRefusedError):
        posters.ask(port, "/livez")
        pytest.fail("it still answers")
