"""The limiter as the network meets it: eight web processes, and clients that lie."""

import contextlib
import http.client
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.supervisor import Role, Supervisor
from tests.services import project, servers

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]
QUOTA = 60
PATH = "/api/v1/time"
Lines = tuple[tuple[str, str], ...]


def web(port: int, *, processes: int) -> Role:
    """What config.embedded starts, in more processes; forked late, so that they start at once."""
    command = (
        sys.executable, "-m", "gunicorn", "config.wsgi:application", "--preload",
        "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
        "--workers", str(processes), "--threads", "4", "--no-control-socket",
    )  # fmt: skip
    return Role(name=f"web-{port}", command=command)


@contextlib.contextmanager
def serving(folder: Path, redis_url: str, *, processes: int, **settings: str) -> Iterator[int]:
    """The port of a web server that has its own settings."""
    url = f"sqlite:///{folder / 'league.sqlite3'}"
    environment = project.environment(database_url=url, redis_url=redis_url, var_dir=folder)
    boss = Supervisor(environment=environment | settings, log_dir=folder, report=print)
    port = servers.free_port()
    boss.start(web(port, processes=processes), now_s=time.monotonic())
    try:
        servers.until(lambda: is_up(port), within_s=90, what="the web server")
        yield port
    finally:
        boss.stop(list(boss.children))
        boss.dismiss_guardian()


def is_up(port: int) -> bool:
    try:
        return ask(port, "/livez").status == http.client.OK
    except OSError:
        return False


def ask(port: int, path: str = PATH, lines: Lines = ()) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("GET", path)
    for name, value in lines:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def test_eight_processes_of_four_threads_let_exactly_the_quota_through(
    tmp_path: Path, redis_url: str
) -> None:
    with (
        serving(tmp_path, redis_url, processes=8, RATE_LIMIT_RPM=str(QUOTA)) as port,
        ThreadPoolExecutor(32) as pool,
    ):
        answers = list(pool.map(lambda _: ask(port), range(400)))
    assert Counter(answer.status for answer in answers) == {200: QUOTA, 429: 400 - QUOTA}
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert sorted(left, reverse=True)[:QUOTA] == list(range(QUOTA - 1, -1, -1))
    for answer in answers:
        if answer.status == 429:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert 1 <= int(answer.headers["Retry-After"]) <= 60


def forwarded(*values: str) -> Lines:
    return tuple(("X-Forwarded-For", value) for value in values)


# By TRUSTED_PROXY_COUNT: groups of requests, each group one client and no other's.
CLIENTS: dict[int, dict[str, list[Lines]]] = {
    0: {
        "whatever is claimed, it is the peer": [
            (),
            forwarded("1.1.1.1"),
            forwarded("2.2.2.2, 3.3.3.3"),
            forwarded("4.4.4.4", "5.5.5.5"),
            forwarded("2001:db8::1"),
            forwarded("nonsense"),
            forwarded(""),
            (("Forwarded", "for=6.6.6.6"),),
            (("X-Real-IP", "7.7.7.7"),),
            (("Client-IP", "8.8.8.8"), ("True-Client-IP", "8.8.8.9")),
            (("X-Forwarded-For", "9.9.9.9"), ("X-Forwarded-Host", "elsewhere")),
        ],
    },
    1: {
        "the last hop is ours, whatever comes before": [
            forwarded("9.9.9.9"),
            forwarded("1.1.1.1, 9.9.9.9"),
            forwarded("nonsense, , 9.9.9.9"),
            forwarded("2.2.2.2", "9.9.9.9"),
            forwarded("3.3.3.3, 4.4.4.4", "5.5.5.5,   9.9.9.9"),
            forwarded("::ffff:9.9.9.9"),
            forwarded("::ffff:909:909"),
        ],
        "an IPv6 client is its /64": [
            forwarded("2001:db8:1:2::1"),
            forwarded("2001:db8:1:2:ffff:ffff:ffff:ffff"),
            forwarded("1.1.1.1, 2001:0DB8:0001:0002:0:0:0:7"),
        ],
        "another /64 is another client": [forwarded("2001:db8:1:3::1")],
        "what is no address is the peer": [
            (),
            forwarded(""),
            forwarded("nonsense"),
            forwarded("9.9.9.9,"),
            forwarded("9.9.9.9:80"),
            forwarded("[2001:db8:1:2::1]"),
            forwarded("9.9.9.9 8.8.8.8"),
            forwarded("999.9.9.9"),
            forwarded("0x9.9.9.9"),
            (("X_Forwarded_For", "1.1.1.1"),),  # CGI would read it as X-Forwarded-For
        ],
    },
    2: {
        "the last hop but one was written by our outer proxy": [
            forwarded("9.9.9.9, 10.0.0.1"),
            forwarded("1.1.1.1, 9.9.9.9, 10.0.0.2"),
            forwarded("1.1.1.1", "9.9.9.9", "10.0.0.3"),
        ],
        "who came past one proxy only is the peer": [(), forwarded("9.9.9.9"), forwarded("x, 1")],
    },
}


@pytest.mark.parametrize("trusted", CLIENTS)
def test_no_header_makes_a_client_another(tmp_path: Path, redis_url: str, trusted: int) -> None:
    settings = {"RATE_LIMIT_RPM": "1000", "TRUSTED_PROXY_COUNT": str(trusted)}
    with serving(tmp_path, redis_url, processes=1, **settings) as port:
        for group, requests in CLIENTS[trusted].items():
            left = [
                int(ask(port, lines=lines).headers["X-RateLimit-Remaining"]) for lines in requests
            ]
            assert left == list(range(999, 999 - len(requests), -1)), group
