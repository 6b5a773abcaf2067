"""Keeps the processes of one machine running: starts, watches, restarts with backoff, stops.

Each child leads a process group of its own, so a Ctrl-C reaches the supervisor alone and a child's
own children can never outlive it. A guardian (config.guardian) covers the supervisor's own death.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from config import guardian

FIRST_BACKOFF_S = 1.0
LAST_BACKOFF_S = 30.0
STEADY_S = 60.0
LOG_BYTES = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Role:
    """A process to keep alive; `grace_s` is what it gets between SIGTERM and SIGKILL."""

    name: str
    command: tuple[str, ...]
    grace_s: float = 25.0
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Child:
    role: Role
    process: subprocess.Popen[bytes]
    started_at_s: float
    failures: int = 0
    restart_at_s: float | None = None


@dataclass(kw_only=True)
class Supervisor:
    """`report` prints one line for people; `log_dir` gets one file per role.

    `held_fd` is a lock's file descriptor that the guardian shares: it is free again only when the
    last process has ended. All times are seconds of the monotonic clock.
    """

    environment: Mapping[str, str]
    log_dir: Path
    report: Callable[[str], None]
    held_fd: int | None = None
    children: dict[str, Child] = field(default_factory=dict)
    _guardian: subprocess.Popen[bytes] | None = None

    def start(self, role: Role, *, now_s: float, failures: int = 0) -> None:
        self.log_dir.mkdir(parents=True, exist_ok=True)
        with self._log(role).open("ab") as log:
            process = self._spawn(role, output=log)
        self.children[role.name] = Child(
            role=role, process=process, started_at_s=now_s, failures=failures
        )

    def complete(self, role: Role, *, is_urgent: Callable[[], bool]) -> int:
        """The exit code of a command run to its end in plain sight; an urgency ends it early."""
        child = Child(role=role, process=self._spawn(role), started_at_s=time.monotonic())
        while child.process.poll() is None and not is_urgent():
            time.sleep(0.05)
        self._bury(child)
        return child.process.returncode

    def tend(self, *, now_s: float) -> None:
        """One look: restarts what has died and is due, keeps the logs short."""
        self._guard()
        for child in list(self.children.values()):
            self._tend_one(child, now_s=now_s)
            shorten(self._log(child.role))

    def stop(self, names: Iterable[str], *, is_urgent: Callable[[], bool] = lambda: False) -> None:
        """SIGTERM to all the named, then SIGKILL to whatever outlives its grace or an urgency."""
        leaving = [self.children.pop(name) for name in names if name in self.children]
        for child in leaving:
            child.process.send_signal(signal.SIGTERM)
        for child in leaving:
            self._await_end(child, is_urgent=is_urgent)

    def dismiss_guardian(self) -> None:
        """The guardian ends whatever it still knows of, then itself."""
        if self._guardian is not None and self._guardian.stdin is not None:
            self._guardian.stdin.close()
            self._guardian.wait(timeout=guardian.GRACE_S + 5)
            self._guardian = None

    def last_lines(self, name: str, *, count: int = 8) -> list[str]:
        """The end of a role's log."""
        path = self.log_dir / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]

    def _spawn(self, role: Role, *, output: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        self._guard()
        process = subprocess.Popen(  # noqa: S603 -- our own commands, never a shell
            role.command,
            env={**self.environment, **role.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
        )
        self._tell_guardian(f"+{process.pid}")
        return process

    def _tend_one(self, child: Child, *, now_s: float) -> None:
        name = child.role.name
        if child.restart_at_s is None and child.process.poll() is not None:
            self._bury(child)
            if now_s - child.started_at_s > STEADY_S:
                child.failures = 0
            wait_s = min(FIRST_BACKOFF_S * 2**child.failures, LAST_BACKOFF_S)
            child.restart_at_s = now_s + wait_s
            self.report(
                f"{name} ended ({outcome(child.process)}); starting it again in {wait_s:g} s"
            )
        elif child.restart_at_s is not None and child.restart_at_s <= now_s:
            self.start(child.role, now_s=now_s, failures=child.failures + 1)
            self.report(f"{name} started again")

    def _await_end(self, child: Child, *, is_urgent: Callable[[], bool]) -> None:
        deadline = time.monotonic() + child.role.grace_s
        while child.process.poll() is None and time.monotonic() < deadline and not is_urgent():
            time.sleep(0.05)
        if child.process.poll() is None:
            self.report(f"{child.role.name} did not stop in time: killed")
        self._bury(child)

    def _bury(self, child: Child) -> None:
        """Nothing of the child's group outlives it."""
        guardian.told(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self._tell_guardian(f"-{child.process.pid}")

    def _guard(self) -> None:
        if self._guardian is not None and self._guardian.poll() is None:
            return
        self.dismiss_guardian()
        self._guardian = subprocess.Popen(  # noqa: S603 -- our own script
            [sys.executable, "-I", "-S", guardian.__file__],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=() if self.held_fd is None else (self.held_fd,),
        )
        for child in self.children.values():
            self._tell_guardian(f"+{child.process.pid}")

    def _tell_guardian(self, line: str) -> None:
        pipe = self._guardian.stdin if self._guardian else None
        if pipe is None:
            return
        try:
            pipe.write(f"{line}\n".encode())
        except BrokenPipeError:
            self.report("the guardian has died; another takes its place")

    def _log(self, role: Role) -> Path:
        return self.log_dir / f"{role.name}.log"


def outcome(process: subprocess.Popen[bytes]) -> str:
    code = process.returncode
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def shorten(log: Path) -> None:
    """Keeps one older part beside a log that grew; its writers append, so truncation is safe."""
    if log.is_file() and log.stat().st_size > LOG_BYTES:
        log.with_suffix(".old.log").write_bytes(log.read_bytes())
        os.truncate(log, 0)
