"""F10: accepted, stamped before the lock, committed and scored are the same words."""

import contextlib
import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import embedded
from config.supervisor import Supervisor
from tests.chaos import report
from tests.services import project, servers

CLIENTS = 8
ROUNDS_SHORT, ROUNDS_LONG = 20, 200
ZERO = ("lost", "unasked", "repeated", "late", "uncommitted", "unscored", "unfinal")


@pytest.mark.chaos
@pytest.mark.services
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_beats_the_lock_is_what_counts(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'league.sqlite3'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_url")
    environment = project.environment(database_url=url, redis_url="", var_dir=tmp_path)
    environment |= {"LOG_LEVEL": "ERROR", "PYTHONWARNINGS": "ignore"}
    project.manage("migrate", "--verbosity=0", env=environment)
    seed, count = report.seed(), ROUNDS_LONG if report.is_long() else ROUNDS_SHORT
    with web(environment, folder=tmp_path) as port:
        told = project.script(
            "lock_race", str(seed), str(count), str(CLIENTS), str(port),
            env=environment, folder="chaos", within_s=500,
        )  # fmt: skip
    broken = told.pop("broken")
    report.add(f"lock race ({kind})", **told, violations=sum(broken.values()), seed=seed)
    assert broken == {}
    assert {name: told[name] for name in ZERO} == dict.fromkeys(ZERO, 0)
    assert told["refused"] == count * CLIENTS
    assert told["accepted"] > 0


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
