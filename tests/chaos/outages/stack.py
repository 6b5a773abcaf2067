"""The whole league in processes of its own, every server behind a proxy that can fail."""

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from config import embedded
from config.supervisor import Role, Supervisor
from tests.services import project, servers
from tests.services.proxy import Proxy

MANAGE = str(project.REPOSITORY / "manage.py")


@dataclass(frozen=True)
class Server:
    """A real server, its lever, and the proxy through which alone the league knows it."""

    port: int
    lever: servers.Lever
    proxy: Proxy


@dataclass(frozen=True)
class Stack:
    """`environment` goes through the proxies; `database` is the way around them."""

    boss: Supervisor
    postgres: Server
    redis: Server
    database: str

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.boss.environment)

    @property
    def port(self) -> int:
        return int(self.environment["PORT"])

    def start(self, *roles: Role) -> None:
        for role in roles:
            self.boss.start(role, now_s=time.monotonic())

    def rows(self, query: str) -> list[Any]:
        with psycopg.connect(self.database) as connection:
            return connection.execute(query.encode()).fetchall()

    def unfinished(self, rounds: list[str]) -> int:
        found = self.rows("SELECT id::text FROM league_round WHERE status <> 'final'")
        return len({row[0] for row in found} & set(rounds))

    def copy(self, name: str) -> None:
        """A database of that name with what this one holds; nobody may be connected."""
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE league'.encode())

    def database_url(self, name: str) -> str:
        return self.database.rpartition("/")[0] + f"/{name}"

    def hold_back(self, rounds: list[str]) -> None:
        """As if each had failed a moment ago: no sweep looks at them before an hour has passed."""
        self._put_off(rounds, "now() + interval '1 hour'")

    def release(self, rounds: list[str]) -> None:
        """They are due, and overdue, from now on."""
        self._put_off(rounds, "NULL")

    def _put_off(self, rounds: list[str], until: str) -> None:
        query = f"UPDATE league_round SET backoff_until = {until} WHERE id = ANY(%s::uuid[])"
        with psycopg.connect(self.database) as connection:
            connection.execute(query.encode(), [rounds])

    def seen_since(self, name: str, at: datetime) -> bool:
        """Whether that part of the league has left a heartbeat after `at`."""
        beats = dict(self.rows("SELECT name, at FROM league_heartbeat"))
        return name in beats and beats[name] > at

    def back(self, *, since: datetime, within_s: float) -> float:
        """Seconds until worker and beat were at work again by themselves."""
        servers.until(
            lambda: self.seen_since("work", since) and self.seen_since("tick", since),
            within_s=within_s,
            what="worker and beat to be at work again\n" + self.logs(),
        )
        return (datetime.now(UTC) - since).total_seconds()

    def logs(self) -> str:
        found = []
        for name in self.boss.children:
            found += [f"--- {name}", *self.boss.last_lines(name, count=12)]
        return "\n".join(found)

    def dismissed(self) -> dict[str, int]:
        """The exit code of every role, told to leave by SIGTERM."""
        processes = {name: child.process for name, child in self.boss.children.items()}
        self.boss.stop(list(processes))
        return {name: process.returncode for name, process in processes.items()}

    def dead(self) -> list[str]:
        """Roles that have ended: none may, whatever happens to their servers."""
        return [
            name for name, child in self.boss.children.items() if child.process.poll() is not None
        ]


def sweep(every_s: float = 1) -> Role:
    """The league's own life without any broker."""
    return Role(name="sweep", command=(sys.executable, MANAGE, "sweep", "--loop", str(every_s)))


def everybody(port: int) -> tuple[Role, ...]:
    return (embedded.web(port=port), embedded.worker(), embedded.beat(), sweep())


@contextlib.contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """Servers, proxies and a migrated database; no role is started yet."""
    with (
        servers.postgres() as postgres,
        servers.redis_on_lever() as (redis_url, redis_lever),
        Proxy(postgres.port) as postgres_proxy,
        Proxy(port_of(redis_url)) as redis_proxy,
    ):
        database = postgres.create("league")
        environment = project.environment(
            database_url=database.replace(f":{postgres.port}/", f":{postgres_proxy.port}/"),
            redis_url=f"redis://127.0.0.1:{redis_proxy.port}/0",
            var_dir=folder,
        )
        project.manage("migrate", "--verbosity=0", env=environment)
        assert postgres.lever is not None
        boss = Supervisor(environment=environment, log_dir=folder / "logs", report=print)
        try:
            yield Stack(
                boss,
                Server(postgres.port, postgres.lever, postgres_proxy),
                Server(port_of(redis_url), redis_lever, redis_proxy),
                database,
            )
        finally:
            boss.stop(list(boss.children), is_urgent=lambda: True)
            boss.dismiss_guardian()


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])
