"""What a request was answered, remembered: sent again, it is answered again and not done again.

The answer is written in the transaction of the effect, so whoever reads one finds both. The claim
comes first in that transaction: a second request under the same key waits there for the first one
to commit or to fail, before it touches anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from django.db import DEFAULT_DB_ALIAS, IntegrityError, OperationalError, connections, transaction

from league import prepared
from league.models import Answer

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
CONTENDED = {"55P03", "40P01"}  # PostgreSQL: the wait reached lock_timeout, or was a deadlock
BATCH = 5_000
ADD = """
    INSERT INTO league_answer (question, fingerprint, status, body, asked_at)
    VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


class KeyReused(Exception):
    """The key came before, with another body."""


class KeyInFlight(Exception):
    """Another request under the same key has not been answered yet: try again."""


class AlreadyAnswered(Exception):
    """Another request under the same key has been: find its answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request: the digest of who asks, where and under which key; and that of its body."""

    digest: str
    fingerprint: str
    asked_at: datetime


class Once(Protocol[T_contra]):
    """What an effect calls first and last within its transaction."""

    def claim(self) -> None: ...

    def keep(self, result: T_contra) -> None: ...


class Unkeyed:
    """A request without a key: nothing is claimed, nothing kept."""

    def claim(self) -> None:
        return

    def keep(self, result: object) -> None:
        del result


UNKEYED = Unkeyed()


def recall(question: Question) -> Answer | None:
    """The answer kept for this very request, if it is younger than a day.

    :raises KeyReused: when the key was used for another body.
    """
    answer = Answer.objects.filter(pk=question.digest).first()
    if answer and answer.is_expired(now=question.asked_at):
        Answer.objects.expired(now=question.asked_at).filter(pk=answer.pk).delete()
        return None
    if answer and answer.fingerprint != question.fingerprint:
        raise KeyReused("This Idempotency-Key was used for a request with another body.")
    return answer


def claim(question: Question) -> None:
    """Be the one that answers; call it first inside the transaction of the effect.

    :raises KeyInFlight: when another request has claimed it; nothing may be written then.
    """
    try:
        Answer.objects.create(
            question=question.digest,
            fingerprint=question.fingerprint,
            asked_at=question.asked_at,
        )
    except IntegrityError as error:
        raise KeyInFlight("A request under this Idempotency-Key is being answered.") from error
    except OperationalError as error:
        if not is_contended(error):
            raise
        raise KeyInFlight("A request under this Idempotency-Key is being answered.") from error


def keep(question: Question, *, status: int, body: str) -> None:
    """Fill the claim; call it last inside the same transaction."""
    Answer.objects.filter(pk=question.digest, status=None).update(status=status, body=body)


def add(question: Question, *, status: int, body: str) -> None:
    """The answer of an effect that one request alone can have, which is claim enough.

    Call it last inside the transaction of the effect.
    :raises AlreadyAnswered: when there is an answer; nothing may be written then.
    """
    database = connections[DEFAULT_DB_ALIAS]  # the connection itself: its proxy is slow
    asked_at = database.ops.adapt_datetimefield_value(question.asked_at)
    values: list[Any] = [question.digest, question.fingerprint, status, body, asked_at]
    with prepared.cursor(database) as cursor:
        cursor.execute(ADD, values)
        if not cursor.rowcount:
            raise AlreadyAnswered


def is_contended(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", None) in CONTENDED


def together(act: Callable[[], T], once: Once[T]) -> T:
    """One transaction of an effect that has none of its own, and of its answer."""
    with transaction.atomic(durable=True):
        once.claim()
        result = act()
        once.keep(result)
    return result


def forget(*, now: datetime) -> int:
    """Remove the answers older than a day, a batch to a statement. Returns how many."""
    total = 0
    while True:
        batch = Answer.objects.expired(now=now).values("pk")[:BATCH]
        gone, _ = Answer.objects.filter(pk__in=batch).delete()
        total += gone
        if gone < BATCH:
            return total
