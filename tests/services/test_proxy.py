"""The proxy's own faults, as an ordinary client of an ordinary server meets them."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.services.proxy import Cut, Proxy
from tests.services.servers import until

USER_TIMEOUT_MS = 300


class Echo:
    """Answers what it was sent, in capitals, and keeps what it has heard."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                end, _ = self._door.accept()
                threading.Thread(target=self._answer, args=(end,), daemon=True).start()

    def _answer(self, end: socket.socket) -> None:
        with contextlib.suppress(OSError), end:
            while data := end.recv(1024):
                self.heard.append(data)
                end.sendall(data.upper())

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.port) as made:
        yield made


def connect(proxy: Proxy) -> socket.socket:
    end = socket.create_connection(("127.0.0.1", proxy.port), timeout=0.3)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    return end


def ask(end: socket.socket, words: bytes) -> bytes:
    end.sendall(words)
    return end.recv(1024)


def test_it_passes_everything_on_and_counts_the_connections(proxy: Proxy) -> None:
    with connect(proxy) as one, connect(proxy) as other:
        assert (ask(one, b"one"), ask(other, b"other")) == (b"ONE", b"OTHER")
        big = b"x" * 1_000_000
        sender = threading.Thread(target=one.sendall, args=(big,))
        sender.start()
        got = b""
        while len(got) < len(big):
            got += one.recv(65_536)
        sender.join()
    assert (got, proxy.links) == (big.upper(), 2)


def test_refused(proxy: Proxy) -> None:
    with connect(proxy) as living:
        ask(living, b"a")
        proxy.refuse()
        assert living.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.heal()
    with connect(proxy) as again:
        assert ask(again, b"b") == b"B"


def test_stalled(echo: Echo, proxy: Proxy) -> None:
    with connect(proxy) as living:
        ask(living, b"a")
        proxy.stall()
        with connect(proxy) as late:
            for end in (living, late):
                with pytest.raises(TimeoutError):
                    ask(end, b"lost")
        proxy.heal()
        with connect(proxy) as again:
            assert ask(again, b"b") == b"B"
        with pytest.raises(TimeoutError):
            ask(living, b"still lost")
    assert echo.heard == [b"a", b"b"]


def test_vanished(proxy: Proxy) -> None:
    with connect(proxy) as living:
        ask(living, b"a")
        proxy.vanish()
        with pytest.raises(TimeoutError):
            connect(proxy)
        living.settimeout(10)
        with pytest.raises(OSError, match="timed out"):  # the kernel's word: nobody acknowledged
            ask(living, b"lost")
    proxy.heal()
    with connect(proxy) as again:
        assert ask(again, b"b") == b"B"


def test_half_open(echo: Echo, proxy: Proxy) -> None:
    with connect(proxy) as living:
        ask(living, b"a")
        proxy.half_open()
        with connect(proxy) as late:
            assert ask(late, b"b") == b"B"
        living.settimeout(10)
        with pytest.raises(OSError, match="timed out"):
            ask(living, b"lost")
    assert echo.heard == [b"a", b"b"]


def test_delayed(proxy: Proxy) -> None:
    proxy.delay_s = 0.05
    with connect(proxy) as end:
        began = time.monotonic()
        assert ask(end, b"a") == b"A"
    assert time.monotonic() - began >= 0.1  # once each way


@pytest.mark.parametrize(
    ("cut", "heard", "told"),
    [
        # What the server answers to the part it heard may be quicker than the break, or not.
        (Cut("up", word=b"COMMIT"), b"begin COMMIT", {b"", b"BEGIN COMMIT"}),
        (Cut("up", word=b"COMMIT", is_passed=False), b"begin ", {b"", b"BEGIN "}),
        (Cut("up", after=3), b"beg", {b"", b"BEG"}),
        (Cut("up", after=0), b"", {b""}),
        (Cut("down", after=5), b"begin COMMIT end", {b"BEGIN"}),
        (Cut("down", word=b"COMMIT", is_passed=False), b"begin COMMIT end", {b"BEGIN "}),
    ],
)
def test_cut(echo: Echo, proxy: Proxy, cut: Cut, heard: bytes, told: set[bytes]) -> None:
    proxy.cut(cut)
    with connect(proxy) as end:
        got = b""
        with contextlib.suppress(ConnectionError):
            end.sendall(b"begin COMMIT end")
            while data := end.recv(1024):
                got += data
    until(lambda: b"".join(echo.heard) == heard, within_s=5, what="the server to have heard")
    assert got in told
    assert proxy.cuts == 1
    with connect(proxy) as again:
        assert ask(again, b"COMMIT") == b"COMMIT"
