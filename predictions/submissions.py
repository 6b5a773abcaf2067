"""Entering, revising and withdrawing a prediction: accepted exactly when it beat the lock."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from league import answers, frames, gate, visibility
from league.answers import Once
from league.clock import DATABASE, Clock, FixedClock
from league.frames import Frame
from league.models import Player, Round
from predictions import costs, reach
from predictions.entry_forms import Entry
from predictions.models import Prediction, Revision
from predictions.preconditions import NOTHING, Precondition
from predictions.vows import Said
from predictions.words import Note, Word

WORD = (
    "form", "basis", "p10", "p50", "p90", "accepted_at", "is_withdrawn", "revision",
    "salt", "payload_hash", "digest", "signature",
)  # fmt: skip


class RoundNotFound(Exception):
    """No such round."""


class RoundNotOpen(Exception):
    """The round is not open, or its lock has passed."""


class PlayerSuspended(Exception):
    """The player may not enter predictions."""


class NothingToWithdraw(Exception):
    """The player has no standing prediction in this round."""


class Collision(Exception):
    """Two requests of one player met on the same word: try again."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """`quantiles` are the prices the entry stands for at the current price and scale."""

    prediction: Prediction
    is_new: bool
    quantiles: tuple[Decimal, Decimal, Decimal]


def enter(
    *, round_id: UUID, player: Player, entry: Entry, clock: Clock, note: Note | None = None
) -> Accepted:
    """A player's word on a round; a later one replaces it and keeps the earlier on record.

    :raises RoundNotFound: and RoundNotOpen, EntryTooFar, PlayerSuspended, Collision, and
        league.frames.NoFrame (try again later); nothing is written then.
    """
    offer = _Offer(round_id, player, Said(entry), clock, note)
    return _enter(offer, once=answers.UNKEYED)


def enter_once(
    *, round_id: UUID, player: Player, said: Said, clock: Clock, once: Once[Accepted]
) -> Accepted:
    """The same for a request that may come twice: its answer is kept in the entry's own commit.

    :raises league.answers.KeyInFlight: and predictions.preconditions.RevisionMoved, and what
        `enter` and, of a signed one, predictions.vows.check raise; nothing is written then.
    """
    return _enter(_Offer(round_id, player, said, clock, note=None), once=once)


def preview(
    *, round_id: UUID, player: Player, said: Said, clock: Clock = DATABASE
) -> tuple[Decimal, Decimal, Decimal]:
    """What `enter` would accept, as prices at the current price and scale; writes nothing.

    :raises RoundNotFound: and whatever else `enter` raises before it writes.
    """
    round_ = _find(round_id, player)
    with transaction.atomic(durable=True):
        _admit(round_id, player, clock)
        _standing(round_id, player, said.precondition)
    return reach.check(said.entry, frame=_frame(round_, clock))


def withdraw(
    *, round_id: UUID, player: Player, clock: Clock, precondition: Precondition = NOTHING
) -> Prediction:
    """Take a prediction back: it counts as absent, its words stay on record.

    :raises RoundNotFound: and RoundNotOpen, NothingToWithdraw, Collision, and
        predictions.preconditions.RevisionMoved.
    """
    _find(round_id, player)
    with transaction.atomic(durable=True):
        at = _admit(round_id, player, clock)
        standing = _standing(round_id, player, precondition)
        if standing is None or standing.is_withdrawn:
            raise NothingToWithdraw("There is no prediction of yours in this round.")
        try:
            _replace(standing, {"is_withdrawn": True, "accepted_at": at})
        except IntegrityError as error:
            raise Collision("Another request of yours came first.") from error
    standing.refresh_from_db()
    return standing


@dataclass(frozen=True, slots=True)
class _Offer:
    round_id: UUID
    player: Player
    said: Said
    clock: Clock
    note: Note | None


def _enter(offer: _Offer, *, once: Once[Accepted]) -> Accepted:
    player, entry, note = offer.player, offer.said.entry, offer.note
    if not player.is_active:
        raise PlayerSuspended("This player may not enter predictions.")
    round_ = _find(offer.round_id, player)
    frame = note.frame if note else _frame(round_, offer.clock)
    quantiles = reach.check(entry, frame=frame)
    for _ in range(3):
        try:
            with transaction.atomic(durable=True):
                once.claim()
                at = _admit(round_.pk, player, offer.clock)
                word = Word(round_, player, entry, note, at, offer.said.vow)
                accepted = Accepted(*_write(word, offer.said.precondition), quantiles)
                if note is not None and note.usage is not None:
                    costs.record(accepted.prediction, note.usage)
                once.keep(accepted)
        except (IntegrityError, Collision):
            continue  # the same player's other request came first: this one revises it
        return accepted
    raise Collision("Another request of yours changed this prediction at the same moment.")


def _find(round_id: UUID, player: Player) -> Round:
    """:raises RoundNotFound: also for a league the player is no member of."""
    round_ = visibility.playable(player).filter(pk=round_id).first()
    if round_ is None:
        raise RoundNotFound("There is no such round.")
    return round_


def _admit(round_id: UUID, player: Player, clock: Clock) -> datetime:
    """Asks once more whether the player may: membership ends at any moment."""
    may = visibility.entitlement(player)
    at = gate.admit(round_id=round_id, clock=clock, also=visibility.ENTITLED, given=may)
    if at is None:
        raise RoundNotOpen("This round is not open for predictions.")
    return at


def _write(word: Word, precondition: Precondition) -> tuple[Prediction, bool]:
    standing = _standing(word.round_.pk, word.player, precondition)
    if standing is None:
        created = Prediction.objects.create(
            round=word.round_, player=word.player, revision=1, **word.columns(revision=1)
        )
        return created, True
    _replace(standing, word.columns(revision=standing.revision + 1))
    standing.refresh_from_db()
    return standing, False


def _standing(round_id: UUID, player: Player, wanted: Precondition) -> Prediction | None:
    """:raises predictions.preconditions.RevisionMoved: where it is not what is built upon."""
    standing = Prediction.objects.filter(round_id=round_id, player=player).first()
    wanted.require(standing.revision if standing else None)
    return standing


def _replace(standing: Prediction, columns: dict[str, Any]) -> None:
    """Archive the standing word, then move the prediction on if nobody else did."""
    Revision.objects.create(
        prediction=standing, **{name: getattr(standing, name) for name in WORD}
    )
    moved = Prediction.objects.filter(pk=standing.pk, revision=standing.revision).update(
        revision=F("revision") + 1, **columns
    )
    if not moved:
        raise Collision


def _frame(round_: Round, clock: Clock) -> Frame:
    now = clock.at if isinstance(clock, FixedClock) else gate.database_now()
    return frames.provisional(round_, now=now)
