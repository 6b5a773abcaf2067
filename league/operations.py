"""What an operator may do to a round: hold, release, void; always with a reason on record."""

from dataclasses import replace
from datetime import datetime

from league.models import Round
from league.models.round import POISONED, Status
from league.transitions import GRAPH, Step, move

LEAST_REASON = 10


class ReasonTooShort(Exception):
    """A public reason has at least ten characters."""


class NotPossible(Exception):
    """The round's status does not allow this."""


def hold(round_: Round, *, reason: str, actor: str, now: datetime) -> bool:
    """Stop a locked or running round from moving until it is released.

    :raises ReasonTooShort: and NotPossible, and nothing is written.
    """
    _require(round_, Status.HELD, reason)
    return move(
        round_,
        Step(Status.HELD, at=now, reason=reason, actor=actor),
        hold_reason=reason[:300],
        is_operator_held=True,
    )


def release(round_: Round, *, actor: str, now: datetime) -> bool:
    """Let a held round go on from where it was.

    :raises NotPossible: unless it is held.
    """
    return _go_on(round_, Step("", at=now, reason="released", actor=actor))


def accept(round_: Round, *, reason: str, actor: str, now: datetime) -> bool:
    """Vouch for a move that the price rule found too big to believe, and let the round go on.

    :raises ReasonTooShort: and NotPossible, and nothing is written.
    """
    require_reason(reason)
    return _go_on(round_, Step("", at=now, reason=reason, actor=actor), is_move_accepted=True)


def revive(round_: Round) -> bool:
    """Let the sweeps try a round again that failed too often; whether it needed that."""
    stuck = Round.objects.filter(pk=round_.pk, attempts__gte=POISONED)
    return bool(stuck.update(attempts=0, backoff_until=None, retry_at=None))


def void(round_: Round, *, reason: str, actor: str, now: datetime) -> bool:
    """End a round without scores; the reason is public.

    :raises ReasonTooShort: and NotPossible, and nothing is written.
    """
    _require(round_, Status.VOID, reason)
    return move(
        round_, Step(Status.VOID, at=now, reason=reason, actor=actor), hold_reason=reason[:300]
    )


def _go_on(round_: Round, step: Step, **fields: bool) -> bool:
    """From held back to where the round was; its sources get their patience anew."""
    if round_.status != Status.HELD:
        raise NotPossible(f"A {round_.status} round cannot be released.")
    back = Status.LOCKED if round_.reference_price is None else Status.RUNNING
    return move(
        round_,
        replace(step, to=back),
        hold_reason="",
        is_operator_held=False,
        retry_at=None,
        asked_at=None,
        **fields,
    )


def require_reason(reason: str) -> None:
    if len(reason.strip()) < LEAST_REASON:
        raise ReasonTooShort(f"Give a reason of at least {LEAST_REASON} characters.")


def _require(round_: Round, to: str, reason: str) -> None:
    require_reason(reason)
    if to not in GRAPH[round_.status]:
        raise NotPossible(f"A {round_.status} round cannot become {to}.")
