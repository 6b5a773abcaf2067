"""A server that answers as it was told to, in turn, and remembers what it was asked."""

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """`body` None hangs up without a word; a string is sent as it is."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Script:
    """The last reply is given for ever."""

    replies: Sequence[Reply]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    script: Script

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        here = self.script
        reply = here.replies[min(len(here.asked), len(here.replies) - 1)]
        headers = {name.lower(): value for name, value in self.headers.items()}
        here.asked.append(Asked(self.command, self.path, headers, body))
        if reply.body is None:
            self.close_connection = True
            return
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        said = b"" if reply.status in {204, 304} else text.encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def log_message(self, *_: Any) -> None:
        """Keep the test output quiet."""


@contextlib.contextmanager
def serving(*replies: Reply) -> Iterator[Script]:
    script = Script(replies)
    handler = type("BoundHandler", (Handler,), {"script": script})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def problem(
    status: int, code: str, *, retryable: bool = False, headers: Mapping[str, str] | None = None
) -> Reply:
    body = {
        "type": f"/problems/{code}", "title": code, "status": status, "code": code,
        "detail": "So it is.", "instance": "/", "request_id": "abcdefgh", "retryable": retryable,
        "errors": [{"pointer": "/p50", "code": "required", "detail": "Needed."}],
    }  # fmt: skip
    return Reply(status, body, headers or {})
