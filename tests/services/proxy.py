"""A loopback TCP proxy that fails on demand: what lies between a program and its server.

    refuse     nobody listens; living connections are closed
    stall      connections are accepted and acknowledged, and nothing is ever passed on
    vanish     the host is gone: no byte is acknowledged, not even of a new connection
    half_open  living connections have lost their peer without a word; new ones work
    heal       everything works again, for new connections

`cut` arms one break at a byte or a word of one direction. All of it can change at any moment.
"""

import contextlib
import ctypes
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Literal, Self

HOST = "127.0.0.1"
TICK_S = 0.05
CHUNK = 65_536
SO_ATTACH_FILTER = 26  # Linux
Direction = Literal["up", "down"]  # up: from the program to its server


@dataclass
class Cut:
    """Where one connection breaks: after so many of its bytes, or at a word.

    With `is_passed` the word itself still arrives; otherwise nothing from it on does.
    """

    direction: Direction
    after: int | None = None
    word: bytes = b""
    is_passed: bool = True

    def place(self, seen: int, data: bytes) -> int | None:
        """How much of `data` is still passed, when the break is in it."""
        if self.word:
            at = data.find(self.word)
            return None if at < 0 else at + self.is_passed * len(self.word)
        assert self.after is not None
        return self.after - seen if seen + len(data) >= self.after else None


@dataclass
class Link:
    """One connection of a program and the proxy's own to the server."""

    near: socket.socket
    far: socket.socket
    is_stalled: bool = False
    is_lost: bool = False
    passed: dict[str, int] = field(default_factory=lambda: {"up": 0, "down": 0})


class Proxy:
    """`port` stays the same whatever happens; `links` counts the connections made through it."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.delay_s = 0.0
        self.links = 0
        self.cuts = 0
        self._lock = threading.Lock()
        self._living: list[Link] = []
        self._armed: list[Cut] = []
        self._is_stalled = False
        self._is_over = False
        self._doors: list[socket.socket] = []  # the one that is open comes last
        self.port = 0
        self._open()

    # -- switches -----------------------------------------------------------------------------
    def refuse(self) -> None:
        self._close_door()
        self._end_living()

    def stall(self) -> None:
        with self._lock:
            self._is_stalled = True
            for link in self._living:
                link.is_stalled = True

    def vanish(self) -> None:
        self.half_open()
        deafen(self._doors[-1])

    def half_open(self) -> None:
        with self._lock:
            for link in self._living:
                link.is_stalled = link.is_lost = True
                deafen(link.near)

    def heal(self) -> None:
        """Stalled connections stay dead, as they would after an outage of the network."""
        with self._lock:
            self._is_stalled = False
        self._close_door()
        self._open()

    def cut(self, cut: Cut) -> None:
        """Break the next connection that comes to the place."""
        with self._lock:
            self._armed.append(cut)

    def disarm(self) -> None:
        with self._lock:
            self._armed.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._close_door()
        self._end_living()

    # -- the door -----------------------------------------------------------------------------
    def _open(self) -> None:
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((HOST, self.port))
        door.listen(128)
        self.port = int(door.getsockname()[1])
        self._doors.append(door)
        threading.Thread(target=self._admit, args=(door,), daemon=True).start()

    def _close_door(self) -> None:
        for door in self._doors:
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
            door.close()
        self._doors.clear()

    def _admit(self, door: socket.socket) -> None:
        while not self._is_over:
            try:
                near, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        far = socket.socket()
        link = Link(near, far)
        with self._lock:
            self.links += 1
            link.is_stalled = self._is_stalled
            self._living.append(link)
        try:
            far.connect((HOST, self.target_port))
        except OSError:
            self._end(link)
            return
        for direction in ("up", "down"):
            threading.Thread(target=self._pump, args=(link, direction), daemon=True).start()

    # -- the bytes ----------------------------------------------------------------------------
    def _pump(self, link: Link, direction: Direction) -> None:
        source, drain = (link.near, link.far) if direction == "up" else (link.far, link.near)
        try:
            while data := source.recv(CHUNK):
                if self.delay_s:
                    time.sleep(self.delay_s)
                place = self._place(link, direction, data)
                if link.is_stalled:
                    continue
                drain.sendall(data[:place])
                link.passed[direction] += len(data)
                if place is not None:
                    self._break(link)
                    return
        except OSError:
            pass
        if not link.is_stalled:
            self._end(link)

    def _place(self, link: Link, direction: Direction, data: bytes) -> int | None:
        with self._lock:
            for cut in self._armed:
                if cut.direction != direction:
                    continue
                place = cut.place(link.passed[direction], data)
                if place is not None:
                    self._armed.remove(cut)
                    self.cuts += 1
                    return place
        return None

    def _break(self, link: Link) -> None:
        """The program hears no more; the server still reads and does what it was sent."""
        link.is_stalled = True
        with contextlib.suppress(OSError):
            link.near.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            link.far.shutdown(socket.SHUT_WR)

    def _end(self, link: Link) -> None:
        with self._lock:
            if link in self._living:
                self._living.remove(link)
        for end in (link.near, link.far):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _end_living(self) -> None:
        for link in list(self._living):
            self._end(link)


def deafen(end: socket.socket) -> None:
    """The kernel drops whatever arrives before it could acknowledge it."""
    drop_everything = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    program = struct.pack("HL", 1, ctypes.addressof(drop_everything))
    with contextlib.suppress(OSError):  # it was closed a moment ago
        end.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
