"""Cursors for statements that take longer to plan than to run."""

import select
from typing import Any

import psycopg
from django.db.backends.utils import CursorWrapper


def cursor(database: Any) -> CursorWrapper:
    """One that prepares on PostgreSQL; an ordinary one elsewhere. `database`: the connection."""
    made: CursorWrapper
    if database.vendor != "postgresql":
        made = database.cursor()
        return made
    check(database)
    database.ensure_connection()
    raw = database.connection
    raw.prepare_threshold = 1
    # Counted, logged and wrapped as every other cursor of Django's.
    made = database._prepare_cursor(psycopg.Cursor(raw))  # noqa: SLF001
    return made


def check(database: Any) -> None:
    """For a transaction, before it begins.

    Django's health check is a statement; a server that hung up left something to read.
    """
    if database.vendor != "postgresql":
        return
    raw = database.connection
    if raw is not None and (raw.closed or select.select([raw.fileno()], [], [], 0)[0]):
        database.close_if_health_check_failed()
    database.health_check_done = True
