"""A person's program: enters predictions through HTTP and writes down every acknowledgement."""

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

CREATED = {http.client.CREATED, http.client.OK}


@dataclass(frozen=True)
class Acknowledged:
    round_id: str
    handle: str
    prediction: str
    revision: int
    p50: Decimal


@dataclass
class Bot:
    """Goes on through refused connections and lost answers until stopped."""

    port: int
    keys: dict[str, str]
    rounds: list[str]
    seed: int
    journal: list[Acknowledged] = field(default_factory=list)
    refusals: list[tuple[int, str]] = field(default_factory=list)
    lost: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def _work(self) -> None:
        chance = random.Random(self.seed)
        while not self._stop.wait(0.03):
            handle, round_id = chance.choice(sorted(self.keys)), chance.choice(self.rounds)
            try:
                self._enter(handle, round_id, point=chance.randint(-30, 30))
            except (OSError, http.client.HTTPException):
                self.lost += 1
                time.sleep(0.1)

    def _enter(self, handle: str, round_id: str, *, point: int) -> None:
        body = json.dumps({"form": "point", "basis": "return", "point": str(point)})
        status, answer = self._post(f"/api/v1/rounds/{round_id}/prediction", body, handle=handle)
        if status not in CREATED:
            self.refusals.append((status, str(answer.get("code"))))
            return
        made = answer["prediction"]
        self.journal.append(
            Acknowledged(round_id, handle, made["id"], made["revision"], Decimal(made["p50"]))
        )

    def _post(self, path: str, body: str, *, handle: str) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {
            "Authorization": f"Bearer {self.keys[handle]}",
            "Content-Type": "application/json",
        }
        try:
            connection.request("POST", path, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, parsed(response.read())
        finally:
            connection.close()


def parsed(body: bytes) -> dict[str, Any]:
    """The answer's object; for anything else one whose code shows what came instead."""
    try:
        answer: dict[str, Any] = json.loads(body)
    except ValueError:
        return {"code": f"not JSON: {body[:200]!r}"}
    return answer
