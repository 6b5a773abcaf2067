"""The one way out for webhooks: to the very address that was judged, once, for five seconds.

A name is resolved once and the connection goes to that answer, so that a second answer changes
nothing; certificates are checked for the name. Proxies, redirects and cookies are not known here.
"""

import contextlib
import functools
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from league.models.delivery import Outcome
from league.webhooks import targets
from league.webhooks.couriers import base
from league.webhooks.targets import Target, UnsafeTarget

TIMEOUT_S: Final = 5.0  # for everything after the name was resolved
BODY_BYTES: Final = 4_096  # read for politeness, and thrown away
MOST_ADDRESSES: Final = 2
Resolve = Callable[[str, int], Sequence[str]]


def resolved(host: str, port: int) -> list[str]:
    """The host's addresses, in the system's order. :raises OSError: when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


@functools.cache
def trusted() -> ssl.SSLContext:
    """The system's authorities."""
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class Http:
    """`resolve` and `context` are the system's unless a test brings its own."""

    allow_loopback: bool = False
    resolve: Resolve = resolved
    context: Callable[[], ssl.SSLContext] = trusted
    timeout_s: float = TIMEOUT_S

    def post(self, parcel: base.Parcel) -> base.Answer:
        try:
            target = targets.read(parcel.url, allow_loopback=self.allow_loopback)
            addresses = [
                targets.judge(address, allow_loopback=self.allow_loopback)
                for address in self.resolve(target.host, target.port)
            ]
        except UnsafeTarget:
            return base.Answer(Outcome.BLOCKED)
        except (OSError, UnicodeError):
            return base.Answer(Outcome.UNRESOLVED)
        return self._send(target, addresses, parcel)

    def _send(self, target: Target, addresses: Sequence[str], parcel: base.Parcel) -> base.Answer:
        line = Line(self.timeout_s)
        try:
            with contextlib.closing(line):
                line.connect(addresses, target.port)
                if target.scheme == "https":
                    line.encrypt(self.context(), target.host)
                return _exchange(line, target, parcel)
        except ssl.SSLCertVerificationError:
            return base.Answer(Outcome.UNTRUSTED)
        except TimeoutError:
            return base.Answer(Outcome.TIMEOUT)
        except (OSError, http.client.HTTPException):
            is_late = time.monotonic() >= line.ends_s
            return base.Answer(Outcome.TIMEOUT if is_late else Outcome.UNREACHABLE)


@dataclass
class Line:
    """A connection that ends when its time is over, whatever trickles through it by then.

    A limit to each read would not do: a byte every few seconds never trips it.
    """

    timeout_s: float
    sock: socket.socket | None = None
    ends_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends_s = time.monotonic() + self.timeout_s
        self._cutter = threading.Timer(self.timeout_s, self._cut)
        self._cutter.daemon = True
        self._cutter.start()

    def connect(self, addresses: Sequence[str], port: int) -> None:
        """:raises OSError: when none of the first addresses answers."""
        few = addresses[:MOST_ADDRESSES]
        for left, address in zip(range(len(few), 0, -1), few, strict=True):
            patience = max((self.ends_s - time.monotonic()) / left, 0.01)
            try:
                self.sock = socket.create_connection((address, port), timeout=patience)
            except OSError:
                if left == 1:
                    raise
            else:
                self.sock.settimeout(self.timeout_s)
                return self._heed_time()
        raise OSError("no address")

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """:raises OSError: also for a certificate of somebody else."""
        if self.sock is None:
            raise OSError("not connected")
        secured = context.wrap_socket(
            self.sock, server_hostname=host, do_handshake_on_connect=False
        )
        self.sock = secured  # the cutter's, too: the plain one has given its descriptor away
        self._heed_time()
        secured.do_handshake()

    def _heed_time(self) -> None:
        """:raises TimeoutError: when the cutter came before it had anything to cut."""
        if time.monotonic() >= self.ends_s:
            raise TimeoutError

    def close(self) -> None:
        self._cutter.cancel()
        if self.sock is not None:
            self.sock.close()

    def _cut(self) -> None:
        if self.sock is not None:
            with contextlib.suppress(OSError):  # it was just closed
                # The plain socket's: whoever waits for bytes wakes up, encrypted or not.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _exchange(line: Line, target: Target, parcel: base.Parcel) -> base.Answer:
    """:raises OSError: or http.client.HTTPException, without a status."""
    connection = http.client.HTTPConnection(target.host, target.port, timeout=line.timeout_s)
    connection.sock = line.sock  # it would connect by name only if it had none
    with contextlib.closing(connection):
        headers = {"Host": _authority(target), "Connection": "close", **parcel.headers}
        connection.request("POST", target.path, parcel.body, headers)
        with connection.getresponse() as response:
            status = response.status  # the answer, whatever becomes of the body
            with contextlib.suppress(OSError, http.client.HTTPException):
                response.read(BODY_BYTES)
        return base.answered(status)


def _authority(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    is_default = target.port == targets.DEFAULT_PORTS[target.scheme]
    return host if is_default else f"{host}:{target.port}"
