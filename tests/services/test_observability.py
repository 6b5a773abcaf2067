"""What an operator sees of real processes: counters that only rise, one request's whole way."""

import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from config import embedded
from config.supervisor import Role, Supervisor
from tests.league import receivers
from tests.services import project, servers

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]
COUNTER = "django_http_requests_before_middlewares_total "
LIVE, ROUNDS = 8, 6
FOLLOWED = "follow-me-20260301"


@contextmanager
def running(folder: Path, env: Mapping[str, str]) -> Iterator[Supervisor]:
    boss = Supervisor(environment=env, log_dir=folder / "logs", report=print)
    try:
        yield boss
    finally:
        boss.stop(list(boss.children))
        boss.dismiss_guardian()


def web(port: int) -> Role:
    """The image's own two processes of four threads."""
    command = (
        sys.executable, "-m", "gunicorn", "config.wsgi:application",
        "--config", "python:config.web_server", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket",
    )  # fmt: skip
    return Role(name="web", command=command)


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=named)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def is_up(port: int) -> bool:
    try:
        return ask(port, "/livez")[0] == 200
    except OSError:
        return False


def scraped(port: int) -> float:
    text = ask(port, "/metrics")[1].decode()
    return float(next(line for line in text.splitlines() if line.startswith(COUNTER)).split()[1])


def workers_of(master: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended since it was listed
        if int(words[1]) == master:
            found.append(int(entry.parent.name))
    return found


def test_a_counter_of_two_processes_never_goes_backwards(tmp_path: Path, redis_url: str) -> None:
    url = f"sqlite:///{tmp_path / 'league.sqlite3'}"
    env = project.environment(database_url=url, redis_url=redis_url, var_dir=tmp_path)
    port = servers.free_port()
    with running(tmp_path, env) as boss:
        boss.start(web(port), now_s=time.monotonic())
        servers.until(lambda: is_up(port), within_s=90, what="the web server")
        master = boss.children["web"].process.pid
        servers.until(lambda: len(workers_of(master)) == 2, within_s=60, what="both processes")
        counted = [scraped(port)]
        with ThreadPoolExecutor(LIVE) as pool:
            for round_ in range(ROUNDS):
                assert set(pool.map(lambda _: ask(port, "/livez")[0], range(LIVE))) == {200}
                counted += [scraped(port) for _ in range(LIVE)]
                if round_ == ROUNDS // 2:  # what it has counted stays when a process dies
                    os.kill(workers_of(master)[0], signal.SIGKILL)
                    servers.until(lambda: is_up(port), within_s=60, what="the other process")
                    counted += [scraped(port)]
    assert counted == sorted(counted)
    # Each round is so many requests and scrapes, whichever process answered them.
    assert counted[LIVE] - counted[0] == 2 * LIVE


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    text = (folder / "logs" / f"{name}.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def said(folder: Path, name: str, message: str) -> list[dict[str, Any]]:
    return [line for line in lines(folder, name) if line["message"] == message]


def test_a_request_is_followed_to_the_task_that_does_its_work(
    tmp_path: Path, redis_url: str
) -> None:
    url = f"sqlite:///{tmp_path / 'league.sqlite3'}"
    env = project.environment(database_url=url, redis_url=redis_url, var_dir=tmp_path)
    env |= {"WEBHOOK_LOOPBACK": "true"}
    project.manage("migrate", env=env)
    port = servers.free_port()
    with receivers.serving(receivers.Receiver()) as receiver, running(tmp_path, env) as boss:
        made = project.script("pinged", str(receiver.port), env=env)
        boss.start(web(port), now_s=time.monotonic())
        boss.start(embedded.worker(), now_s=time.monotonic())
        servers.until(lambda: is_up(port), within_s=90, what="the web server")
        headers = {"Authorization": f"Bearer {made['key']}", "X_Request_ID": FOLLOWED}
        path = f"/api/v1/webhooks/{made['webhook']}/ping"
        assert ask(port, path, "POST", **headers)[0] == 202
        project.run(["-m", "celery", "-A", "config", "call", "league.deliver_webhooks"], env=env)
        servers.until(
            lambda: said(tmp_path, "worker", "webhook delivered"), within_s=90, what="a delivery"
        )
    asked = said(tmp_path, "web", "webhook ping asked for")
    done = said(tmp_path, "worker", "webhook delivered")
    assert [line["request_id"] for line in asked] == [FOLLOWED]
    assert [line["asked_by"] for line in done] == [FOLLOWED]
    assert done[0]["delivery"] == asked[0]["delivery"]
    assert len(done[0]["task_id"]) == 36
    assert "task_id" not in asked[0]
