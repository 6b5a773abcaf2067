"""A player's first word on a public round in one statement, which is also its transaction.

With an Idempotency-Key a second statement, in one transaction with it, keeps the answer.

The statement asks everything again that this process only remembers: that the round is open by the
database's clock (league.gate), still what it was when the digest was computed, and in a public
league; and that the key still stands for this player. Where it writes no row nothing has happened,
and the ordinary way finds out why.
"""

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import (
    DEFAULT_DB_ALIAS,
    OperationalError,
    connection,
    connections,
    models,
    transaction,
)

from league import answers, gate, keys, known, prepared
from league.answers import Once
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
    return _enter(bid)


def enter_once(bid: Bid, once: Once[Accepted]) -> Accepted | None:
    """The same for a request that may come twice: its answer is kept in the word's own commit.

    There is one first word, so whoever writes it needs no claim; the same request again finds it
    written, and its answer the ordinary way.
    :raises league.answers.KeyInFlight: and league.answers.AlreadyAnswered,
        predictions.reach.EntryTooFar; nothing is written then.
    """
    prepared.check(connections[DEFAULT_DB_ALIAS])
    try:
        with transaction.atomic(durable=True):
            accepted = _enter(bid)
            if accepted is None:
                transaction.set_rollback(True)  # a request has one COMMIT: that of what it did
            else:
                once.keep(accepted)
    except OperationalError as error:
        if not answers.is_contended(error):
            raise
        raise answers.KeyInFlight("Another request about this round is in the way.") from error
    return accepted


def _enter(bid: Bid) -> Accepted | None:
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
    database: Any = connections[DEFAULT_DB_ALIAS]  # the connection itself: its proxy is slow
    parameters = _parameters(row, database)
    parameters |= keys.good(bid.key) | known.so(bid.round_)
    with prepared.cursor(database) as cursor:
        cursor.execute(_statement(database.vendor), parameters)
        found = cursor.fetchone()
    return gate.instant(found[0]) if found else None


def _parameters(row: Prediction, database: Any) -> dict[str, Any]:
    """By attribute; what psycopg adapts by itself needs no preparing."""
    if database.vendor == "postgresql":
        return dict(row.__dict__)
    fields = Prediction._meta.concrete_fields  # noqa: SLF001 -- Django's documented name
    return {
        field.attname: field.get_db_prep_save(getattr(row, field.attname), database)
        for field in fields
    }


@functools.cache
def _statement(vendor: str) -> str:
    """Made once for each kind of database: `vendor` is the connection's."""
    del vendor
    fields = Prediction._meta.concrete_fields  # noqa: SLF001 -- Django's documented name
    return INSERT.format(
        door=gate.door(also=keys.STILL_GOOD + known.STILL_SO),
        columns=", ".join(f'"{field.column}"' for field in fields),
        values=", ".join(map(_value, fields)),
    )


def _value(field: "models.Field[Any, Any]") -> str:
    """The stamp is the instant the gate compared; a prepared statement is told every type."""
    if field.attname == STAMP:
        return "gate.at"
    kind = field.cast_db_type(connection) or "text"
    cast = "text" if kind.startswith("varchar") else kind
    if connection.vendor != "postgresql":
        return f"%({field.attname})s"
    return f"CAST(%({field.attname})s AS {cast})"
