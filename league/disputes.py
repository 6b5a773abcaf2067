"""When the price of an instant cannot be had: wait, hold and try again, ask a person, or void."""

from datetime import datetime, timedelta

from league.models import Round
from league.models.round import Status
from league.transitions import Step, move
from markets import consensus
from markets.modes import PriceMode
from markets.observations import PriceDisputed

RETRY_LEAST = timedelta(seconds=10)


def wait(round_: Round, *, until: datetime, now: datetime) -> bool:
    """Not a transition: sources still have time to answer."""
    Round.objects.filter(pk=round_.pk, version=round_.version).update(
        retry_at=until, asked_at=round_.asked_at or now
    )
    return False


def dispute(round_: Round, trouble: Exception, *, instant: datetime, now: datetime) -> bool:
    """Held and retried, then void; a live move too big to believe waits for a person."""
    is_jump = isinstance(trouble, PriceDisputed) and trouble.reason == consensus.JUMP
    if is_jump and round_.season.price_mode == PriceMode.LIVE:
        return _ask_a_person(round_, str(trouble), now=now)
    return _hold_or_void(round_, str(trouble), instant=instant, now=now)


def _ask_a_person(round_: Round, reason: str, *, now: datetime) -> bool:
    if round_.status == Status.HELD:
        Round.objects.filter(pk=round_.pk, version=round_.version).update(
            is_operator_held=True, hold_reason=reason[:300]
        )
        return False
    step = Step(Status.HELD, at=now, reason=reason)
    return move(round_, step, is_operator_held=True, hold_reason=reason[:300])


def _hold_or_void(round_: Round, reason: str, *, instant: datetime, now: datetime) -> bool:
    first = max(instant, round_.asked_at or now)
    deadline = first + timedelta(seconds=round_.season.pinned["settle_deadline_s"])
    if now >= deadline:
        return move(round_, Step(Status.VOID, at=now, reason=reason), hold_reason=reason[:300])
    retry_at = min(now + max(RETRY_LEAST, (now - instant) / 4), deadline)
    if round_.status == Status.HELD:
        return wait(round_, until=retry_at, now=now)
    return move(
        round_,
        Step(Status.HELD, at=now, reason=reason),
        hold_reason=reason[:300],
        retry_at=retry_at,
        asked_at=round_.asked_at or now,
    )
