"""People's programs that never take silence for an answer.

Each call has an Idempotency-Key of its own and is repeated under it until it is acknowledged or
refused; the journal says which. No answer, a 5xx or a "come again" leave it open what was done.
"""

import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from tests.services.bots import CREATED, Acknowledged, parsed

PATIENCE_S = 90


@dataclass(frozen=True)
class Call:
    key: str
    handle: str
    round_id: str
    point: int


@dataclass
class Caller:
    """`ambiguous` are the calls that were never answered for good; `repeats` counts by reason."""

    port: int
    keys: dict[str, str]
    rounds: list[str]
    seed: str
    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: list[tuple[Call, str]] = field(default_factory=list)
    ambiguous: list[Call] = field(default_factory=list)
    repeats: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=PATIENCE_S + 30)

    def _work(self) -> None:
        chance, number = random.Random(self.seed), 0
        while not self._stop.wait(chance.uniform(0.02, 0.08)):
            number += 1
            handle, round_id = chance.choice(sorted(self.keys)), chance.choice(self.rounds)
            key = f"{self.seed}-{number}"
            self._insist(Call(key, handle, round_id, chance.randint(-30, 30)))

    def _insist(self, call: Call) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            reason = self._try(call)
            if reason is None:
                return
            self.repeats[reason] += 1
            time.sleep(0.2)
        self.ambiguous.append(call)

    def _try(self, call: Call) -> str | None:
        """None once the call is in the journal; otherwise why it is to be made again."""
        try:
            status, answer = self._post(call)
        except (OSError, http.client.HTTPException):
            return "no answer"
        code = str(answer.get("code"))
        if status in CREATED:
            made = answer["prediction"]
            p50 = Decimal(made["p50"])
            said = Acknowledged(call.round_id, call.handle, made["id"], made["revision"], p50)
            self.acknowledged.append(said)
            return None
        if status >= http.client.INTERNAL_SERVER_ERROR or answer.get("retryable"):
            return f"{status} {code}"
        self.refused.append((call, code))
        return None

    def _post(self, call: Call) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {
            "Authorization": f"Bearer {self.keys[call.handle]}",
            "Content-Type": "application/json",
            "Idempotency-Key": call.key,
        }
        body = json.dumps({"form": "point", "basis": "return", "point": str(call.point)})
        path = f"/api/v1/rounds/{call.round_id}/prediction"
        try:
            connection.request("POST", path, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, parsed(response.read())
        finally:
            connection.close()
