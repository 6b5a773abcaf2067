"""F10: accepted, stamped before the lock, committed and scored are the same words."""

import contextlib
import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from config import embedded
from config.supervisor import Supervisor
from tests.chaos import report, scripts
from tests.services import project, servers

CLIENTS = 8
ROUNDS_SHORT, ROUNDS_LONG = 20, 200
ZERO = ("lost", "unasked", "repeated", "late", "uncommitted", "unscored", "unfinal")


@pytest.mark.chaos
@pytest.mark.services
@pytest.mark.timeout(900)
def test_what_beats_the_lock_is_what_counts(postgres_url: str, tmp_path: Path) -> None:
    urls = {
        "sqlite": f"sqlite:///{tmp_path / 'league.sqlite3'}",
        "postgresql": postgres_url,
    }
    count = ROUNDS_LONG if report.is_long() else ROUNDS_SHORT
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda kind: race(kind, urls[kind], count, tmp_path / kind), urls))
    for told in found:
        assert told["broken"] == {}
        assert {name: told[name] for name in ZERO} == dict.fromkeys(ZERO, 0)
        assert told["refused"] == count * CLIENTS
        assert told["accepted"] > 0


def race(kind: str, url: str, count: int, folder: Path) -> dict[str, Any]:
    """What the script found on one database."""
    folder.mkdir()
    environment = project.environment(database_url=url, redis_url="", var_dir=folder)
    project.manage("migrate", "--verbosity=0", env=environment)
    seed = report.seed()
    with web(environment, folder=folder) as port:
        told = scripts.run("lock_race", seed, count, CLIENTS, port, env=environment)
    numbers = {name: value for name, value in told.items() if name != "broken"}
    broken = sum(told["broken"].values())
    report.add(f"lock race ({kind})", **numbers, violations=broken, seed=seed)
    return told


@contextlib.contextmanager
def web(environment: dict[str, str], *, folder: Path) -> Iterator[int]:
    """The web role alone; its port."""
    port = int(environment["PORT"])
    boss = Supervisor(environment=environment, log_dir=folder / "logs", report=print)
    boss.start(embedded.web(port=port), now_s=time.monotonic())
    try:
        servers.until(lambda: is_up(port), within_s=60, what="the web server")
        yield port
    finally:
        boss.stop(list(boss.children), is_urgent=lambda: True)
        boss.dismiss_guardian()


def is_up(port: int) -> bool:
    connection = http.client.HTTPConnection(servers.HOST, port, timeout=10)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
