"""Receivers of webhooks on loopback, well-behaved or not, in the clear or over TLS."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "hook.example.org"


@dataclass(frozen=True)
class Got:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`statuses` in turn, the last one for ever; `raw`, if there is any, instead of an answer."""

    port: int = 0
    statuses: Sequence[int] = (204,)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes = b""
    pause_s: float = 0.0  # before each byte of `raw`
    delay_s: float = 0.0
    got: list[Got] = field(default_factory=list)

    def url(self, host: str = "127.0.0.1", *, scheme: str = "http", path: str = "/hook") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        here = self.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        turn = min(len(here.got), len(here.statuses) - 1)
        here.got.append(Got(self.path, dict(self.headers.items()), body))
        time.sleep(here.delay_s)
        with contextlib.suppress(OSError):  # the courier has had enough, as it should
            self.tell(here, here.statuses[turn])

    def tell(self, here: Receiver, status: int) -> None:
        for byte in here.raw if here.pause_s else ():
            time.sleep(here.pause_s)
            self.wfile.write(bytes([byte]))
        if not here.pause_s:
            self.wfile.write(here.raw)
        if here.raw:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in here.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(here.body)))
        self.end_headers()
        self.wfile.write(here.body)

    def log_message(self, *_: Any) -> None:
        """Keep the test output quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A courier that hangs up is what some of these tests are about."""


@contextlib.contextmanager
def serving(receiver: Receiver, *, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    handler = type("BoundHandler", (Handler,), {"receiver": receiver})
    server = Server(("127.0.0.1", 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def silence() -> Iterator[int]:
    """A port that takes connections and never says a word, not even of TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@dataclass(frozen=True)
class Identity:
    """A certificate of `NAME` signed by itself: the server's context, and one that trusts it."""

    server: ssl.SSLContext
    trusting: ssl.SSLContext


def identity(folder: Path, *, name: str = NAME) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(tz=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(public, private)
    return Identity(server, ssl.create_default_context(cafile=str(public)))
