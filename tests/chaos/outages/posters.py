"""Bots that enter predictions without a pause and measure every answer."""

import contextlib
import http.client
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.services.bots import CREATED, Acknowledged, Bot, parsed

PATIENCE_S = 20


@dataclass(frozen=True)
class Call:
    """`status` 0: no answer at all, for the reason in `code`."""

    at_s: float
    took_s: float
    status: int
    code: str
    content_type: str = ""
    retry_after: str = ""


@dataclass
class Poster(Bot):
    """Its journal is checked against the database like every bot's."""

    calls: list[Call] = field(default_factory=list)

    def _post(self, path: str, body: str, *, handle: str) -> tuple[int, dict[str, Any]]:
        began_s = time.monotonic()
        try:
            response, content = ask(self.port, path, body=body, key=self.keys[handle])
        except (OSError, http.client.HTTPException) as error:
            self.calls.append(Call(began_s, time.monotonic() - began_s, 0, repr(error)))
            raise
        took_s = time.monotonic() - began_s
        answer = parsed(content)
        self.calls.append(
            Call(
                began_s,
                took_s,
                response.status,
                str(answer.get("code", "")),
                response.headers.get("Content-Type", ""),
                response.headers.get("Retry-After", ""),
            )
        )
        return response.status, answer


def ask(
    port: int, path: str, *, body: str | None = None, key: str = "", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request on a connection of its own: POST with a body, else GET."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    if key:
        said["Authorization"] = f"Bearer {key}"
    if body is not None:
        said["Content-Type"] = "application/json"
    try:
        connection.request("POST" if body is not None else "GET", path, body=body, headers=said)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@dataclass(frozen=True)
class Crowd:
    posters: list[Poster]

    @property
    def journal(self) -> list[Acknowledged]:
        return [said for poster in self.posters for said in poster.journal]

    def calls(self, *, since_s: float, until_s: float = math.inf) -> list[Call]:
        """Those that began in between."""
        made = [call for poster in self.posters for call in poster.calls]
        return sorted(
            (call for call in made if since_s <= call.at_s < until_s), key=lambda call: call.at_s
        )


@contextlib.contextmanager
def crowd(port: int, season: dict[str, Any], *, size: int = 3) -> Iterator[Crowd]:
    made = [Poster(port, season["keys"], season["open"], seed=number) for number in range(size)]
    with contextlib.ExitStack() as running:
        for poster in made:
            running.enter_context(poster)
        yield Crowd(made)


def measured(calls: list[Call]) -> dict[str, Any]:
    """The columns of the report: how many, how long in milliseconds, how many went wrong."""
    took = sorted(call.took_s for call in calls)
    return {
        "posts": len(calls),
        "p50_ms": percentile(took, 0.50),
        "p99_ms": percentile(took, 0.99),
        "slowest_ms": percentile(took, 1.0),
        "5xx": sum(call.status >= 500 for call in calls),
        "unanswered": sum(call.status == 0 for call in calls),
    }


def percentile(ordered: list[float], share: float) -> int:
    place = max(math.ceil(share * len(ordered)) - 1, 0)
    return round(1000 * ordered[place]) if ordered else 0


def refused(calls: list[Call]) -> list[Call]:
    return [call for call in calls if call.status not in CREATED]


def read(port: int, path: str) -> tuple[int, dict[str, Any], float]:
    """Status, JSON and seconds of a GET."""
    began_s = time.monotonic()
    response, content = ask(port, path)
    return response.status, json.loads(content), time.monotonic() - began_s
