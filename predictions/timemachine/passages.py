"""Virtual time passes: what locks is measured and priced, what settles is scored, at once.

Every number is the live code's: league.frames' scale, the settlement's guarded median over the
stored bars, predictions.scoring.rules. What a round needs is computed first; one short
transaction then moves the clock, the rounds and the scores together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, When

from league import frames, rounds
from league.answers import Once
from league.frames import NoFrame
from league.models import Round, Season
from league.models.round import Status
from markets import archive
from markets.consensus import PriceDisputed
from predictions import entry_forms
from predictions.models import TimeRound, TimeRun, TimeWord
from predictions.scoring import rules
from predictions.timemachine import runs, scenes, wishes
from predictions.timemachine.wishes import Wish

MOST: Final = 200  # rounds of one passage, about: each is priced twice
ENDED: Final = (Status.FINAL, Status.VOID)
FIELDS: Final = (
    "status", "version", "reference_price", "sigma_bp", "width", "is_sigma_borrowed",
    "settlement_price", "outcome_bp", "hold_reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """A round that ended on the way; the word is None where nobody entered."""

    row: TimeRound
    word: TimeWord | None


@dataclass(frozen=True, slots=True)
class Passage:
    """The virtual instant before and after, and what ended in between, by settlement."""

    since: datetime
    until: datetime
    results: list[Result]


def advance(*, run: TimeRun, wish: Wish, now: datetime, once: Once[Passage]) -> Passage:
    """Carry the run to a virtual instant, its end at the latest.

    Where many rounds are due on the way it stops earlier, so that nobody waits for minutes.

    :raises wishes.BackInTime: and runs.RunMoved; nothing is written then.
    """
    until = _reachable(run, wishes.until(run, wish))
    with scenes.past(run, now=now):
        carried = [_carried(row, run=run, until=until) for row in _due(run, until)]
    with transaction.atomic(durable=True):
        once.claim()
        runs.claim(run, at=until, now=now)
        _open(run, until)
        TimeRound.objects.bulk_update(carried, FIELDS)
        results = _scored([row for row in carried if row.status in ENDED])
        passage = Passage(run.now_at, until, results)
        once.keep(passage)
    return passage


def _reachable(run: TimeRun, until: datetime) -> datetime:
    """As far as one passage goes."""
    work = Case(When(status=Status.RUNNING, then="settles_at"), default="locks_at")
    instants = _due(run, until).annotate(due_at=work).order_by("due_at")
    cut: list[datetime] = list(instants.values_list("due_at", flat=True)[MOST - 1 : MOST])
    return min([until, *cut])


def _due(run: TimeRun, until: datetime) -> QuerySet[TimeRound]:
    unpriced = Q(status__in=(Status.SCHEDULED, Status.OPEN), locks_at__lte=until)
    running = Q(status=Status.RUNNING, settles_at__lte=until)
    rows = TimeRound.objects.filter(unpriced | running, run=run)
    return rows.order_by("settles_at", "asset", "pk")


def _open(run: TimeRun, until: datetime) -> None:
    due = TimeRound.objects.filter(run=run, status=Status.SCHEDULED, opens_at__lte=until)
    due.update(status=Status.OPEN, version=F("version") + 1)


def _carried(row: TimeRound, *, run: TimeRun, until: datetime) -> TimeRound:
    """The row as it is at that instant, unsaved."""
    season = scenes.season(run)
    if row.status != Status.RUNNING:
        _step(row, season, _reference)
    if row.status == Status.RUNNING and row.settles_at <= until:
        _step(row, season, _settlement)
    return row


def _step(row: TimeRound, season: Season, work: Callable[[Round], dict[str, Any]]) -> None:
    """One step on, or void with its reason: the past has no later evidence to wait for."""
    try:
        fields = work(scenes.round_of(row, of=season))
    except (PriceDisputed, NoFrame) as trouble:
        fields = {"status": Status.VOID, "hold_reason": str(trouble)[:300]}
    for name, value in fields.items():
        setattr(row, name, value)
    row.version += 1


def _reference(round_: Round) -> dict[str, Any]:
    scale = frames.measure(round_, until=round_.locks_at)
    return {
        "status": Status.RUNNING,
        "reference_price": _price(round_, round_.locks_at, sigma_bp=scale.sigma_bp),
        "sigma_bp": scale.sigma_bp,
        "width": round_.terms.width,
        "is_sigma_borrowed": scale.is_borrowed,
    }


def _settlement(round_: Round) -> dict[str, Any]:
    price = _price(round_, round_.settles_at, sigma_bp=round_.sigma_bp)
    reference = round_.reference_price or Decimal(0)
    return {
        "status": Status.FINAL,
        "settlement_price": price,
        "outcome_bp": rounds.outcome_bp(price, reference=reference),
    }


def _price(round_: Round, instant: datetime, *, sigma_bp: float | None) -> Decimal:
    """As league.rounds asks for it, of the store."""
    return archive.price_of_instant(
        symbol=round_.asset_id,
        instant=instant,
        price_mode=round_.season.price_mode,
        last_price=frames.close_before(round_, instant=instant),
        sigma_bp=sigma_bp,
    )


def _scored(ended: list[TimeRound]) -> list[Result]:
    """Write the points of the words that stand in these rounds, in the caller's transaction."""
    words = {word.round_id: word for word in TimeWord.objects.filter(round__in=ended)}
    results = [Result(row, words.get(row.pk)) for row in ended]
    due = [one for one in results if one.row.status == Status.FINAL and _stands(one.word)]
    for one in due:
        _score(one)
    TimeWord.objects.bulk_update([one.word for one in due if one.word], ["points_milli"])
    return results


def _stands(word: TimeWord | None) -> bool:
    return word is not None and not word.is_withdrawn


def _score(result: Result) -> None:
    if result.word is None:
        return
    result.word.points_milli = rules.points_milli(
        resolved(result.word, row=result.row),
        outcome_bp=result.row.outcome_bp or 0.0,
        sigma_bp=result.row.sigma_bp or 0.0,
        width=result.row.width or 0.0,
    )


def resolved(word: TimeWord, *, row: TimeRound) -> rules.Quantiles:
    """A word's quantiles in basis points under its round's frozen reference and scale."""
    return entry_forms.resolve_bp(
        scenes.entry_of(word),
        reference=float(row.reference_price or Decimal(0)),
        sigma_bp=row.sigma_bp or 0.0,
        width=row.width or 0.0,
    )
