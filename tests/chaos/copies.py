"""One database of the settings, put back to a kept state as often as one likes."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psycopg
from django.conf import settings


class Copies(Protocol):
    """Nobody may be connected to the database meanwhile; who was killed does not count."""

    def keep(self, name: str) -> None: ...

    def put_back(self, name: str) -> None: ...


def of_settings() -> Copies:
    place = settings.DATABASES["default"]
    if settings.IS_SQLITE:
        return Files(Path(str(place["NAME"])))
    return Clones(place)


@dataclass(frozen=True)
class Files:
    """SQLite: the file, once its last user has folded the log into it."""

    file: Path

    def keep(self, name: str) -> None:
        assert not self._log("-wal").exists(), "somebody is still connected"
        shutil.copyfile(self.file, self._kept(name))

    def put_back(self, name: str) -> None:
        for suffix in ("-wal", "-shm"):
            self._log(suffix).unlink(missing_ok=True)
        shutil.copyfile(self._kept(name), self.file)

    def _kept(self, name: str) -> Path:
        return self.file.with_name(f"{name}.kept")

    def _log(self, suffix: str) -> Path:
        return self.file.with_name(self.file.name + suffix)


@dataclass(frozen=True)
class Clones:
    """PostgreSQL: a database made from another one."""

    place: dict[str, object]
    made: set[str] = field(default_factory=set)

    def keep(self, name: str) -> None:
        self._clone(self._kept(name), of=str(self.place["NAME"]))

    def put_back(self, name: str) -> None:
        self._clone(str(self.place["NAME"]), of=self._kept(name))

    def _kept(self, name: str) -> str:
        return f"{self.place['NAME']}_{name}"

    def _clone(self, name: str, *, of: str) -> None:
        with psycopg.connect(
            host=str(self.place["HOST"]),
            port=str(self.place["PORT"]),
            user=str(self.place["USER"]),
            dbname="postgres",
            autocommit=True,
        ) as connection:
            # FORCE also ends the session of a client that was killed a moment ago.
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{of}"'.encode())
