"""Requests: straight into the WSGI application, or over loopback to the server people run."""

import contextlib
import http.client
import io
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

from config import embedded
from tests.services.servers import HOST, free_port, supervised

Ask = Callable[[str], bytes]


def caller(application: WSGIApplication, **headers: str) -> Ask:
    """A function that GETs a path within this process and answers the body.

    :raises AssertionError: for any status but 200 and 304.
    """

    def ask(target: str) -> bytes:
        where, _, query = target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET", "PATH_INFO": where, "QUERY_STRING": query,
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), **headers,
        }  # fmt: skip
        told: list[str] = []
        answer: Any = application(environ, lambda status, *_: told.append(status))  # type: ignore[arg-type]
        body = b"".join(answer)
        answer.close()
        assert told[0][:3] in {"200", "304"}, (told, body[:300])
        return body

    return ask


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[int]:
    """The web server of `make run` on the bench's database; yields its port."""
    port = free_port()

    def is_up() -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            one = http.client.HTTPConnection(HOST, port, timeout=2)
            one.request("GET", "/livez")
            return one.getresponse().status == 200  # noqa: PLR2004
        return False

    with supervised(embedded.web(port=port), folder=folder, is_up=is_up):
        yield port


def requests_per_s(port: int, target: str, *, seconds: int, connections: int = 8) -> float:
    """By wrk where it is installed, else by as many threads of this process."""
    binary = shutil.which("wrk")
    if binary is None:
        return _by_threads(port, target, seconds=seconds, connections=connections)
    options = [f"-c{connections}", "-t1", f"-d{seconds}s"]
    command = [binary, *options, f"http://{HOST}:{port}{target}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "Non-2xx" not in done.stdout, done.stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


def _by_threads(port: int, target: str, *, seconds: int, connections: int) -> float:
    until = time.monotonic() + seconds

    def keep_asking() -> int:
        one, count = http.client.HTTPConnection(HOST, port), 0
        while time.monotonic() < until:
            one.request("GET", target)
            one.getresponse().read()
            count += 1
        return count

    with ThreadPoolExecutor(connections) as pool:
        counts = list(pool.map(lambda _: keep_asking(), range(connections)))
    return sum(counts) / seconds


def client() -> str:
    """Which client `requests_per_s` uses."""
    return "wrk" if shutil.which("wrk") else "eight Python threads"
