"""One request through the WSGI door as bytes from the wire, and what is wrong with its answer."""

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from config import problems, wsgi

MEMBERS = {
    "type", "title", "status", "code", "detail", "instance", "request_id", "retryable", "errors",
}  # fmt: skip
# Words of the database, the frameworks and the interpreter: no refusal of ours needs one.
FOREIGN = re.compile(
    r"Traceback|File \"|\.py\b|django\.|psycopg|sqlite|postgres|OperationalError|IntegrityError"
    r"|DataError|DoesNotExist|ValueError|TypeError|KeyError|OverflowError|RecursionError"
    r"|constraint|SELECT |INSERT |UPDATE |DATA_UPLOAD|object at 0x",
)
CSRF = "c" * 32  # sent as the cookie and the header of everybody who has a session


@dataclass(frozen=True, slots=True)
class Ask:
    """`path` and `query` are as on the wire, percent-encoded or raw."""

    path: bytes
    method: str = "GET"
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __str__(self) -> str:
        told = {name: value[:60] for name, value in self.headers.items()}
        return (
            f"{self.method[:12]!r} {self.path[:90]!r}?{self.query[:90]} {told} {self.body[:90]!r}"
        )


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0]


def send(ask: Ask) -> Answer:
    heard: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], *_: object) -> Any:
        heard.append((status, headers))

    answer = wsgi.application(environ_of(ask), start)
    try:
        body = b"".join(answer)
    finally:
        getattr(answer, "close", lambda: None)()
    status, headers = heard[0]
    return Answer(int(status.split()[0]), dict(headers), body)


def environ_of(ask: Ask) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": ask.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(ask.path).decode("latin-1"),
        "QUERY_STRING": ask.query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "wsgi.input": io.BytesIO(ask.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.version": (1, 0),
        "CONTENT_LENGTH": str(len(ask.body)),
    }
    for name, value in ask.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    return environ


def faults(ask: Ask, answer: Answer, *, secrets: list[str]) -> Iterator[str]:
    """Everything that no answer may be, whatever was asked."""
    text = answer.body.decode(errors="replace")
    if answer.status >= 500:
        yield f"status {answer.status}"
    if any(
        "\n" in value or "\r" in value or "X-Injected" in name
        for name, value in answer.headers.items()
    ):
        yield "a header was injected"
    yield from (f"a secret was echoed: {one[:12]}" for one in secrets if one in text)
    if answer.status < 400:
        return
    if answer.kind == problems.CONTENT_TYPE:
        yield from problem_faults(ask, answer)
    elif is_api(ask) and not is_page(ask):
        yield f"{answer.kind} instead of a problem"
    spoken = FOREIGN.search(without_page_furniture(text))
    if spoken:
        yield f"speaks of {spoken[0]!r}"


def problem_faults(ask: Ask, answer: Answer) -> Iterator[str]:
    told = json.loads(answer.body)
    if set(told) != MEMBERS:
        yield f"members {sorted(told)}"
    known = problems.TABLE.get(told.get("code"))
    if known is None or told["status"] != answer.status or known.status != answer.status:
        yield f"code {told.get('code')} under status {answer.status}"
    if told["request_id"] != answer.headers.get("X-Request-ID"):
        yield "another request's id"


def is_page(ask: Ask) -> bool:
    """Whether HTML was asked for: the browsable API answers in kind."""
    return "text/html" in ask.headers.get("Accept", "") or "format=api" in str(ask.query)


def is_api(ask: Ask) -> bool:
    return unquote_to_bytes(ask.path).startswith(b"/api/")


def without_page_furniture(text: str) -> str:
    """A page's own addresses of styles and scripts, and what an input held, are not its words."""
    return re.sub(
        r'(href|src|action|value|name|content)="[^"]*"|<textarea.*?</textarea>|<style.*?</style>',
        "",
        text,
        flags=re.DOTALL,
    )
