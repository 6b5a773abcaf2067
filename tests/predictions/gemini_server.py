"""A Gemini on 127.0.0.1: it answers from a list or as told, and remembers what it was asked."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.cache import cache

from predictions.commentary import gemini


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """For a module that names it: nothing is remembered from one test to the next."""
    cache.clear()
    gemini._client.cache_clear()
    yield
    cache.clear()


@dataclass(frozen=True)
class Answer:
    """`every_s` is the pause after each byte of the body; `cut` leaves so many of them out."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    every_s: float = 0.0
    cut: int = 0

    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    def parts(self) -> Iterator[bytes]:
        whole = self.raw()
        sent = whole[: len(whole) - self.cut]
        if not self.every_s:
            yield sent
            return
        for index in range(len(sent)):
            yield sent[index : index + 1]
            time.sleep(self.every_s)


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def prompt(self) -> str:
        text: str = self.body["contents"][0]["parts"][0]["text"]
        return text


Obedient = Callable[[Asked], Answer]


@dataclass
class Server:
    endpoint: str
    answers: list[Answer | Obedient]
    asked: list[Asked] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        """The next one; the last is repeated for ever."""
        self.asked.append(asked)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return found if isinstance(found, Answer) else found(asked)


def candidate(text: str | None, *, finish: str = "STOP") -> dict[str, Any]:
    content: dict[str, Any] = {"role": "model"}
    if text is not None:
        content["parts"] = [{"text": text}]
    return answer_of([{"content": content, "finishReason": finish, "index": 0}])


def answer_of(candidates: list[dict[str, Any]]) -> dict[str, Any]:
    """With 90 tokens sent, 41 shown and 9 thought: 50 received."""
    return {
        "candidates": candidates,
        "usageMetadata": {
            "promptTokenCount": 90,
            "candidatesTokenCount": 41,
            "thoughtsTokenCount": 9,
            "totalTokenCount": 140,
        },
        "modelVersion": "gemini-2.5-flash",
        "responseId": "r-1",
    }


def said(sentiment: Any, reasoning: Any = "Calm after a quiet day.") -> dict[str, Any]:
    return candidate(json.dumps({"sentiment": sentiment, "reasoning": reasoning}))


def refusal(code: int, status: str, *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": "no", "status": status, "details": list(details)}}


def quota(quota_id: str) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaId": quota_id, "quotaValue": "250"}],
    }


def retry_in(delay: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


@contextmanager
def serving(*answers: Answer | Obedient) -> Iterator[Server]:
    server = Server("", list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            answer = server.answer(Asked(self.path, dict(self.headers), body))
            time.sleep(answer.after_s)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.raw())))
            self.end_headers()
            try:
                for part in answer.parts():
                    self.wfile.write(part)
            except OSError:
                self.close_connection = True  # the client stopped waiting
            self.close_connection |= bool(answer.cut)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server.endpoint = f"http://127.0.0.1:{listener.server_port}"
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
