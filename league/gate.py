"""The lock boundary: the one place where a conditional UPDATE is not enough.

On PostgreSQL the submitter holds the round row FOR SHARE from the check to its commit, so the
locker's UPDATE waits for entries in flight, and every entry accepted is an entry locked in. On
SQLite every transaction begins IMMEDIATE, which gives the same order. Django has no FOR SHARE.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from league.clock import Clock, FixedClock

# The subquery is evaluated once, so the stamp returned is the one compared with the lock.
POSTGRES = """
    SELECT clock.at FROM league_round AS r, (SELECT {clock} AS at) AS clock
    WHERE r.id = %s AND r.status = 'open' AND r.opens_at <= clock.at AND clock.at < r.locks_at
    FOR SHARE OF r
"""
SQLITE = """
    SELECT {clock} FROM league_round AS r
    WHERE r.id = %s AND r.status = 'open' AND r.opens_at <= {clock} AND {clock} < r.locks_at
"""
SQLITE_CLOCK = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"


def admit(*, round_id: UUID, clock: Clock) -> datetime | None:
    """The instant at which an open round admitted the caller's transaction; None: it did not.

    Call it inside the transaction that writes the entry.
    """
    if connection.vendor == "postgresql":
        return _postgres(round_id, clock)
    return _sqlite(round_id, clock)


def _postgres(round_id: UUID, clock: Clock) -> datetime | None:
    if isinstance(clock, FixedClock):
        row = _one(POSTGRES.format(clock="%s::timestamptz"), [clock.at, round_id])
    else:
        row = _one(POSTGRES.format(clock="clock_timestamp()"), [round_id])
    return row[0] if row else None


def _sqlite(round_id: UUID, clock: Clock) -> datetime | None:
    if isinstance(clock, FixedClock):
        at = clock.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        row = _one(SQLITE.format(clock="%s"), [at, round_id.hex, at, at])
    else:
        # SQLite evaluates 'now' once per statement: the three uses are one instant.
        row = _one(SQLITE.format(clock=SQLITE_CLOCK), [round_id.hex])
    return datetime.fromisoformat(row[0]).replace(tzinfo=UTC) if row else None


def _one(sql: str, parameters: Sequence[str | datetime | UUID]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def database_now() -> datetime:
    """The database's clock, UTC."""
    if connection.vendor == "postgresql":
        return _postgres_time()
    row = _one(f"SELECT {SQLITE_CLOCK}", []) or ("",)
    return datetime.fromisoformat(row[0]).replace(tzinfo=UTC)


def _postgres_time() -> datetime:
    at: datetime = (_one("SELECT clock_timestamp()", []) or (None,))[0]
    return at
