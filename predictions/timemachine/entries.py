"""Predicting in a run: accepted while its virtual instant lies before the lock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from league import frames
from league.answers import Once
from league.models.round import Status
from predictions import reach
from predictions.entry_forms import Entry
from predictions.models import TimeRound, TimeRun, TimeWord
from predictions.reach import Quantiles
from predictions.submissions import (
    NothingToWithdraw,
    PlayerSuspended,
    RoundNotFound,
    RoundNotOpen,
)
from predictions.timemachine import runs, scenes


@dataclass(frozen=True, slots=True)
class Accepted:
    """`quantiles` are the prices the entry stands for at the virtual instant."""

    word: TimeWord
    is_new: bool
    quantiles: Quantiles


def enter(
    *, run: TimeRun, round_id: UUID, entry: Entry, now: datetime, once: Once[Accepted]
) -> Accepted:
    """A word, or one that replaces it.

    :raises predictions.submissions.RoundNotFound: and RoundNotOpen, PlayerSuspended,
        predictions.reach.EntryTooFar, league.frames.NoFrame, runs.RunMoved.
    """
    if not run.player.is_active:
        raise PlayerSuspended("This player may not enter predictions.")
    row = find(run, round_id)
    quantiles = preview(run=run, row=row, entry=entry, now=now)
    with transaction.atomic(durable=True):
        once.claim()
        runs.claim(run, at=run.now_at, now=now)
        _require_open(row)
        accepted = Accepted(*_write(run, row, entry), quantiles)
        once.keep(accepted)
    return accepted


def preview(*, run: TimeRun, row: TimeRound, entry: Entry, now: datetime) -> Quantiles:
    """What `enter` would accept, as prices; writes nothing.

    :raises predictions.submissions.RoundNotOpen: and predictions.reach.EntryTooFar,
        league.frames.NoFrame.
    """
    if row.status != Status.OPEN:
        raise RoundNotOpen("This round is not open for predictions.")
    seen = scenes.round_of(row, of=scenes.season(run))
    with scenes.past(run, now=now):
        frame = frames.provisional(seen, now=run.now_at)
    return reach.check(entry, frame=frame)


def withdraw(*, run: TimeRun, round_id: UUID, now: datetime) -> None:
    """Take a word back: it counts as absent.

    :raises predictions.submissions.RoundNotFound: and RoundNotOpen, NothingToWithdraw,
        runs.RunMoved.
    """
    row = find(run, round_id)
    with transaction.atomic(durable=True):
        runs.claim(run, at=run.now_at, now=now)
        _require_open(row)
        standing = TimeWord.objects.filter(round=row, is_withdrawn=False).first()
        if standing is None:
            raise NothingToWithdraw("There is no prediction of yours in this round.")
        _replace(standing, {"is_withdrawn": True, "accepted_at": run.now_at})


def find(run: TimeRun, round_id: UUID) -> TimeRound:
    """:raises predictions.submissions.RoundNotFound:"""
    row = TimeRound.objects.filter(run=run, pk=round_id).first()
    if row is None:
        raise RoundNotFound("There is no such round in this run.")
    return row


def of(run: TimeRun) -> QuerySet[TimeWord]:
    return TimeWord.objects.filter(round__run=run)


def _require_open(row: TimeRound) -> None:
    if not TimeRound.objects.filter(pk=row.pk, status=Status.OPEN).exists():
        raise RoundNotOpen("This round is not open for predictions.")


def _write(run: TimeRun, row: TimeRound, entry: Entry) -> tuple[TimeWord, bool]:
    """The run is held by the caller: nobody else writes a word of it."""
    said: dict[str, Any] = {
        "form": entry.form,
        "basis": entry.basis,
        "p10": entry.p10,
        "p50": entry.p50,
        "p90": entry.p90,
        "accepted_at": run.now_at,
        "is_withdrawn": False,
    }
    standing = TimeWord.objects.filter(round=row).first()
    if standing is None:
        return TimeWord.objects.create(round=row, **said), True
    _replace(standing, said)
    return standing, False


def _replace(standing: TimeWord, fields: dict[str, Any]) -> None:
    later = fields | {"revision": standing.revision + 1}
    TimeWord.objects.filter(pk=standing.pk, revision=standing.revision).update(**later)
    standing.refresh_from_db()
