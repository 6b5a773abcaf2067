"""The lock boundary: the one place where a conditional UPDATE is not enough.

On PostgreSQL the submitter holds the round row FOR SHARE from the check to its commit, so the
locker's UPDATE waits for entries in flight, and every entry accepted is an entry locked in. On
SQLite every transaction begins IMMEDIATE, which gives the same order; so does a single statement
that writes, because it takes the write lock before it reads. Django has no FOR SHARE.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from league.clock import Clock, FixedClock

# Materialized, the clock is read once: the stamp returned is the one compared with every lock.
POSTGRES = """
    SELECT r.id, clock.at{more} FROM league_round AS r, (
        WITH once AS MATERIALIZED (SELECT {clock} AS at) SELECT at FROM once
    ) AS clock
    WHERE {which} AND r.status = 'open' AND r.opens_at <= clock.at AND clock.at < r.locks_at{also}
    ORDER BY r.id
    FOR SHARE OF r
"""
# Evaluated for every row, yet 'now' is one instant for the whole statement.
SQLITE = """
    SELECT r.id, clock.at{more} FROM league_round AS r, (SELECT {clock} AS at) AS clock
    WHERE {which} AND r.status = 'open' AND r.opens_at <= clock.at AND clock.at < r.locks_at{also}
"""
SQLITE_CLOCK = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now') || '000'"
ONE = "r.id = %(round_id)s"
POSTGRES_MANY = "r.id = ANY(%(round_ids)s)"
SQLITE_MANY = "r.id IN (SELECT value FROM json_each(%(round_ids)s))"


def door(*, which: str = ONE, also: str = "", more: str = "", is_fixed: bool = False) -> str:
    """The SELECT that lets an open round's entry through: `id` and the instant `at`, or no row.

    On PostgreSQL the rows stay locked, in the order of their ids, until the caller commits. `also`
    is a condition on `r` and `clock.at`, `more` are columns of theirs. With `is_fixed` the instant
    is the parameter `at`, else the database's clock.
    """
    if connection.vendor == "postgresql":
        clock = "%(at)s::timestamptz" if is_fixed else "clock_timestamp()"
        return POSTGRES.format(clock=clock, which=which, also=also, more=more)
    clock = "%(at)s" if is_fixed else SQLITE_CLOCK
    return SQLITE.format(clock=clock, which=which, also=also, more=more)


def admit(
    *, round_id: UUID, clock: Clock, also: str = "", given: Mapping[str, Any] | None = None
) -> datetime | None:
    """The instant at which an open round admitted the caller's transaction; None: it did not.

    Call it inside the transaction that writes the entry. `also` as of `door`, with its parameters.
    """
    is_fixed = isinstance(clock, FixedClock)
    parameters: dict[str, Any] = {"round_id": identifier(round_id), **(given or {})}
    if isinstance(clock, FixedClock):
        parameters["at"] = stamp(clock.at)
    row = _one(door(is_fixed=is_fixed, also=also), parameters)
    return instant(row[1]) if row else None


def admit_all(
    *, round_ids: Sequence[UUID], also: str = "", given: Mapping[str, Any] | None = None
) -> dict[UUID, datetime]:
    """The same for many rounds in one statement, by the database's clock: those that admitted.

    Their rows are locked in the order of their ids, so that two such callers never wait crosswise.
    """
    which = POSTGRES_MANY
    parameter: list[UUID] | str = list(round_ids)
    if connection.vendor != "postgresql":
        which, parameter = SQLITE_MANY, json.dumps([key.hex for key in round_ids])
    with connection.cursor() as cursor:
        cursor.execute(door(which=which, also=also), {"round_ids": parameter, **(given or {})})
        return {UUID(str(key)): instant(at) for key, at in cursor.fetchall()}


def identifier(key: UUID) -> UUID | str:
    """A row's id as this database stores it."""
    return key if connection.vendor == "postgresql" else key.hex


def stamp(at: datetime) -> datetime | str:
    """An instant as this database compares it."""
    if connection.vendor == "postgresql":
        return at
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def instant(stored: Any) -> datetime:
    """What a statement returned as an instant."""
    if isinstance(stored, datetime):
        return stored if stored.tzinfo else stored.replace(tzinfo=UTC)
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


def _one(sql: str, parameters: Mapping[str, Any] | Sequence[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def database_now() -> datetime:
    """The database's clock, UTC."""
    clock = "clock_timestamp()" if connection.vendor == "postgresql" else SQLITE_CLOCK
    row = _one(f"SELECT {clock}", []) or ("",)
    return instant(row[0])
