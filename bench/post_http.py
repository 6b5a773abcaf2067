"""Predictions over HTTP on loopback: gunicorn as it is deployed, wrk, and pgbench beside them."""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.db import connection

from bench import crowd
from bench.goals import Line, line, tried, unmeasured
from tests.services import servers

REFS = Path(__file__).parent / "refs"
TURNS = 3
CLIENTS = 8
SECONDS = 8
EACH = 1_000  # transactions of one pgbench client in one turn
PLAYERS = CLIENTS * EACH + CLIENTS
SINGLE_ROUNDS, BULK_ROUNDS = 240, 600  # of one turn
KEYS = 50  # of single requests: every worker knows them after the first few rounds
BULK = 100
BULK_SECONDS = 2  # the lines must outlast it: each is sent once
WORKERS = ["--worker-class", "gthread", "--workers", "2", "--threads", "4"]
BARE = ["--config", "python:config.web_server", "--no-control-socket", "--log-level", "error"]
OTHERS = {
    "one process of eight threads": [
        "--worker-class",
        "gthread",
        "--workers",
        "1",
        "--threads",
        "8",
    ],
    "four processes of one connection each": ["--worker-class", "sync", "--workers", "4"],
}
ROUNDS = TURNS * (SINGLE_ROUNDS + BULK_ROUNDS + 1) + len(OTHERS) * SINGLE_ROUNDS


def run(secrets: Sequence[str], rounds: Sequence[uuid.UUID]) -> Iterator[Line]:
    """P4, and P5 over HTTP: pgbench, single and bulk requests take turns."""
    if not shutil.which("wrk") or not shutil.which("pgbench"):
        yield unmeasured("P4")
        return
    fresh = iter(rounds)
    base, single, many = [], [], []
    with gunicorn(WORKERS) as port, tempfile.TemporaryDirectory() as folder:
        load = Load(port, Path(folder) / "requests")
        for _ in range(TURNS):
            base.append(pgbench(next(fresh)))
            single.append(load.rate(singles(secrets[:KEYS], take(fresh, SINGLE_ROUNDS))))
            lines = bulks(secrets, take(fresh, BULK_ROUNDS))
            many.append(BULK * load.rate(lines, seconds=BULK_SECONDS))
    least, ours, bulk = map(statistics.median, (base, single, many))
    how = f"gunicorn gthread 2 x 4, {CLIENTS} connections, wrk and pgbench on the same cores"
    yield line(
        "P4", floor=f"{least:,.0f} tps", ours=f"{ours:,.0f}/s", value=ours / least, detail=how
    )
    yield line(
        "P5", floor=f"{ours:,.0f}/s", ours=f"{bulk:,.0f}/s", value=bulk / ours,
        detail=f"over HTTP, {BULK} a request; {how}",
    )  # fmt: skip

    for what, workers in OTHERS.items():
        with gunicorn(workers) as port, tempfile.TemporaryDirectory() as folder:
            lines = singles(secrets[:KEYS], take(fresh, SINGLE_ROUNDS))
            rate = Load(port, Path(folder) / "requests").rate(lines)
        yield tried(
            "P4",
            what,
            floor=f"{least:,.0f} tps",
            ours=f"{rate:,.0f}/s",
            ratio=rate / least,
        )


def take(fresh: Iterator[uuid.UUID], count: int) -> list[uuid.UUID]:
    return [next(fresh) for _ in range(count)]


def singles(secrets: Sequence[str], rounds: Sequence[uuid.UUID]) -> Iterator[str]:
    body = crowd.BODY.decode()
    return (f"{crowd.path(r)} {secret} {body}" for r in rounds for secret in secrets)


def bulks(secrets: Sequence[str], rounds: Sequence[uuid.UUID]) -> Iterator[str]:
    for start in range(0, len(rounds), BULK):
        body = crowd.bulk(rounds[start : start + BULK]).decode()
        yield from (f"/api/v1/predictions/bulk {secret} {body}" for secret in secrets)


class Sent(NamedTuple):
    requests: int
    per_s: float


class Load:
    """Eight connections that send the lines of a file once."""

    def __init__(self, port: int, file: Path) -> None:
        self.port, self.file = port, file

    def rate(self, lines: Iterator[str], *, seconds: int = SECONDS) -> float:
        """Requests a second. :raises AssertionError: when one was not accepted as new."""
        return self.sent(lines, seconds=seconds).per_s

    def sent(self, lines: Iterator[str], *, seconds: int, name: str = "") -> Sent:
        """With a `name` each request has an Idempotency-Key that begins with it."""
        self.file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = ["wrk", "-t2", f"-c{CLIENTS}", f"-d{seconds}s", "-s", str(REFS / "post.lua")]
        address = f"http://{servers.HOST}:{self.port}"
        done = _output([*command, address, "--", str(self.file), *([name] if name else [])])
        assert re.search("Non-2xx|Socket errors", done) is None, done
        requests = int(_found(r"(\d+) requests in", done))
        return Sent(requests, float(_found(r"Requests/sec:\s+([\d.]+)", done)))


def pgbench(round_id: uuid.UUID) -> float:
    """Transactions a second."""
    settings = {"i": 0, "stride": EACH, "round": round_id}
    command = ["pgbench", "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-t", str(EACH)]
    for name, value in settings.items():
        command += ["-D", f"{name}={value}"]
    where = connection.settings_dict
    command += ["-f", str(REFS / "post.sql"), "-h", where["HOST"], "-p", str(where["PORT"])]
    return float(_found(r"tps = ([\d.]+)", _output([*command, "-U", "league", where["NAME"]])))


@contextmanager
def gunicorn(workers: Sequence[str]) -> Iterator[int]:
    port = servers.free_port()
    with serving(command_of(workers, port=port), port=port):
        yield port


def command_of(workers: Sequence[str], *, port: int) -> list[str]:
    command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", *workers]
    return [*command, *BARE, "--bind", f"{servers.HOST}:{port}"]


@contextmanager
def serving(command: Sequence[str], *, port: int, **more: str) -> Iterator[int]:
    """A server that answers /livez, and its process id; ended with the block."""
    server = subprocess.Popen(command, env=os.environ | {"LOG_LEVEL": "ERROR"} | more)
    try:
        servers.until(is_up(port), within_s=60, what=command[2])
        yield server.pid
    finally:
        server.terminate()
        server.wait(timeout=30)


def is_up(port: int) -> Callable[[], bool]:
    def asked() -> bool:
        try:
            with urllib.request.urlopen(
                f"http://{servers.HOST}:{port}/livez", timeout=1
            ) as answer:
                return bool(answer.status == 200)  # noqa: PLR2004 -- OK
        except OSError:
            return False

    return asked


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]
