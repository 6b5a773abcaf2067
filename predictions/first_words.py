"""A player's first word on a public round in one statement, which is also its transaction.

The statement asks everything again that this process only remembers: that the round is open by the
database's clock (league.gate), still what it was when the digest was computed, and in a public
league; and that the key still stands for this player. Where it writes no row nothing has happened,
and the ordinary way finds out why.
"""

import select
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from django.db import connection, models
from django.db.backends.utils import CursorWrapper

from league import gate, keys, known
from league.frames import Frame
from league.identifiers import uuid7
from league.models import ApiKey, Round
from predictions import reach
from predictions.entry_forms import Entry
from predictions.models import Prediction
from predictions.submissions import Accepted
from predictions.words import Word

INSERT: Final = """
WITH gate AS ({door})
INSERT INTO predictions_prediction ({columns})
SELECT {values} FROM gate WHERE true
ON CONFLICT DO NOTHING
RETURNING accepted_at
"""
STAMP: Final = "accepted_at"


@dataclass(frozen=True, slots=True)
class Bid:
    """A remembered key's entry to a remembered round, in its frame."""

    key: ApiKey
    round_: Round
    entry: Entry
    frame: Frame
    now: datetime


def enter(bid: Bid) -> Accepted | None:
    """None where this player has a word already, or may not enter one: nothing is written then.

    :raises predictions.reach.EntryTooFar: before anything is written.
    """
    quantiles = reach.check(bid.entry, frame=bid.frame)
    word = Word(bid.round_, bid.key.player, bid.entry, None, bid.now)
    row = Prediction(
        id=uuid7(), round=bid.round_, player=bid.key.player, **word.columns(revision=1)
    )
    at = _insert(row, bid)
    if at is None:
        return None
    row.accepted_at = at
    return Accepted(row, is_new=True, quantiles=quantiles)


def _insert(row: Prediction, bid: Bid) -> datetime | None:
    fields = row._meta.concrete_fields  # noqa: SLF001 -- Django's documented name
    parameters: dict[str, Any] = {
        str(field.column): field.get_db_prep_save(getattr(row, field.attname), connection)
        for field in fields
        if field.attname != STAMP
    }
    parameters |= keys.good(bid.key) | known.so(bid.round_)
    with _cursor() as cursor:
        cursor.execute(_statement(fields), parameters)
        found = cursor.fetchone()
    return gate.instant(found[0]) if found else None


def _statement(fields: Any) -> str:
    """Made once for each kind of database."""
    vendor = connection.vendor
    if vendor not in _statements:
        _statements[vendor] = INSERT.format(
            door=gate.door(also=keys.STILL_GOOD + known.STILL_SO),
            columns=", ".join(f'"{field.column}"' for field in fields),
            values=", ".join(map(_value, fields)),
        )
    return _statements[vendor]


_statements: Final[dict[str, str]] = {}


def _value(field: "models.Field[Any, Any]") -> str:
    """The stamp is the instant the gate compared; a prepared statement is told every type."""
    if field.attname == STAMP:
        return "gate.at"
    kind = field.cast_db_type(connection) or "text"
    cast = "text" if kind.startswith("varchar") else kind
    return f"CAST(%({field.column})s AS {cast})" if _is_postgres() else f"%({field.column})s"


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"


def _cursor() -> CursorWrapper:
    """On PostgreSQL one that prepares: this statement takes longer to plan than to run."""
    if not _is_postgres():
        return connection.cursor()
    database: Any = connection  # its cursors and their health are no part of Django's types
    _check(database)
    database.ensure_connection()
    raw = database.connection
    raw.prepare_threshold = 1
    # Counted, logged and wrapped as every other cursor of Django's.
    cursor: CursorWrapper = database._prepare_cursor(psycopg.Cursor(raw))  # noqa: SLF001
    return cursor


def _check(database: Any) -> None:
    """Django's health check is a statement; a server that hung up left something to read."""
    raw = database.connection
    if raw is not None and (raw.closed or select.select([raw.fileno()], [], [], 0)[0]):
        database.close_if_health_check_failed()
    database.health_check_done = True
