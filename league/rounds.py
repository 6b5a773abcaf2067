"""The clock of the league: carry every due round one step along its lifecycle.

The price of an instant is defined by event time (markets.observations), so a step taken late
gives the identical result; network first, then one short transaction.
"""

import logging
import math
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

from league import departure, disputes, frames, history, quarantine
from league.frames import NoFrame
from league.models import Round
from league.models.round import Status
from league.transitions import Step, move
from markets import bars, observations
from markets.observations import InstantPrice, PriceDisputed, PriceNotReady

logger = logging.getLogger(__name__)
BATCH = 500


def turn(*, now: datetime) -> int:
    """Open and lock whatever is due: no network, so no slow source delays it."""
    due = Round.objects.select_related("season")
    opened = _each(due.due_to_open(now=now)[:BATCH], _open, now=now)
    return opened + _each(due.due_to_lock(now=now)[:BATCH], _lock, now=now)


def advance(*, now: datetime) -> int:
    """Open, lock, take the reference of, and settle whatever is due. Returns the steps taken."""
    taken = turn(now=now)
    due = Round.objects.select_related("season", "asset")
    with bars.reading():
        waiting = _with_history(due.due_for_reference(now=now)[:BATCH], now=now)
        taken += _each(waiting, _reference, now=now)
        waiting = _with_history(due.due_to_settle(now=now)[:BATCH], now=now)
        return taken + _each(waiting, _settle, now=now)


def finalize(round_: Round, *, now: datetime) -> bool:
    """Settled to final, inside the transaction that wrote the scores."""
    return move(round_, Step(Status.FINAL, at=now), finalized_at=now)


def _open(round_: Round, *, now: datetime) -> bool:
    return move(round_, Step(Status.OPEN, at=now))


def _lock(round_: Round, *, now: datetime) -> bool:
    return move(round_, Step(Status.LOCKED, at=now))


def _reference(round_: Round, *, now: datetime) -> bool:
    """Freeze the price at the lock, the scale and the width: nothing changes them later."""
    instant = round_.locks_at
    try:
        _await_bar(round_, instant=instant, now=now)
        scale = frames.measure(round_, until=instant)
        found = _price(round_, instant=instant, sigma_bp=scale.sigma_bp, now=now)
    except PriceNotReady as waiting:
        return disputes.wait(round_, until=waiting.retry_at, now=now)
    except (PriceDisputed, NoFrame) as trouble:
        return disputes.dispute(round_, trouble, instant=instant, now=now)
    return move(
        round_,
        Step(Status.RUNNING, at=now),
        reference_price=found.price,
        sigma_bp=scale.sigma_bp,
        width=round_.terms.width,
        is_sigma_borrowed=scale.is_borrowed,
        hold_reason="",
        is_move_accepted=False,
        retry_at=None,
        asked_at=None,
    )


def _settle(round_: Round, *, now: datetime) -> bool:
    """Fix the outcome: the price at settles_at and its log return in basis points."""
    instant = round_.settles_at
    try:
        found = _price(round_, instant=instant, sigma_bp=round_.sigma_bp, now=now)
    except PriceNotReady as waiting:
        return disputes.wait(round_, until=waiting.retry_at, now=now)
    except PriceDisputed as trouble:
        return disputes.dispute(round_, trouble, instant=instant, now=now)
    return move(
        round_,
        Step(Status.SETTLED, at=now),
        settlement_price=found.price,
        outcome_bp=outcome_bp(found.price, reference=round_.reference_price or Decimal(0)),
        hold_reason="",
        is_move_accepted=False,
        retry_at=None,
        asked_at=None,
    )


def outcome_bp(price: Decimal, *, reference: Decimal) -> float:
    """The scoring rule's y: the log return from the reference price in basis points."""
    return 1e4 * math.log(float(price) / float(reference))


def _await_bar(round_: Round, *, instant: datetime, now: datetime) -> None:
    """The scale, too, is of the instant: a source that had every bar so far may be late."""
    mode = round_.season.price_mode
    until = max(instant, round_.asked_at or now) + observations.patience(mode)
    if now < until and bars.is_awaited(
        symbol=round_.asset_id, price_mode=mode, interval=round_.terms.bar_s, closed_at=instant
    ):
        raise PriceNotReady(min(now + observations.ASK_AGAIN, until))


def _price(
    round_: Round, *, instant: datetime, sigma_bp: float | None, now: datetime
) -> InstantPrice:
    last_price = None
    if not round_.is_move_accepted:
        last_price = frames.close_before(round_, instant=instant)
    return observations.price_of_instant(
        symbol=round_.asset_id,
        instant=instant,
        price_mode=round_.season.price_mode,
        now=now,
        asked_at=round_.asked_at or now,
        last_price=last_price,
        sigma_bp=sigma_bp,
    )


def _with_history(due: Iterable[Round], *, now: datetime) -> list[Round]:
    """The due rounds, after their price series were brought up to date once per series.

    Where that fails unexpectedly, round by round: the poisoned ones are counted and left out.
    """
    rounds = list(due)
    try:
        history.gather_for(rounds, now=now)
    except Exception as error:
        departure.heed(error)
        logger.exception("history not gathered")
        return [round_ for round_ in rounds if _each([round_], _gather, now=now)]
    return rounds


def _gather(round_: Round, *, now: datetime) -> bool:
    history.gather_for([round_], now=now)
    return True


def _each(due: Iterable[Round], step: Callable[..., bool], *, now: datetime) -> int:
    return sum(quarantine.attempt(step, round_, now=now) for round_ in due)
