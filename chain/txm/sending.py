"""Signed bytes go to every node, again and again until a block holds them."""

import logging
from datetime import datetime

from django.db import IntegrityError
from django.db.models import F

from chain.fees import Fee, bumped
from chain.models import Attempt, Fate, Transaction
from chain.txm import signing
from chain.txm.desk import STUCK_FOR, UNSENT_FOR, Desk
from chain.txm.troubles import Trouble, trouble

logger = logging.getLogger(__name__)
FINE = frozenset({"", Trouble.KNOWN})


def send_signed(desk: Desk, *, now: datetime) -> int:
    """Send what was not sent lately, in the order of nonces. Returns how many were taken."""
    waiting = Transaction.objects.in_flight(network=desk.network.name).filter(
        fate__in=(Fate.SIGNED, Fate.SENT)
    )
    return sum(_send(desk, one, now=now) for one in waiting)


def _send(desk: Desk, one: Transaction, *, now: datetime) -> bool:
    newest = one.attempts.order_by("-pk").first()
    if newest is None:
        return False
    if newest.sent_at is not None and now - newest.sent_at < UNSENT_FOR:
        return False
    is_stuck = newest.sent_at is not None and now - newest.signed_at >= STUCK_FOR
    if is_stuck and one.is_of(desk.signer.address):
        newest = bump(desk, one, newest, now=now) or newest
    return _tell(desk, one, newest, now=now)


def _tell(desk: Desk, one: Transaction, newest: Attempt, *, now: datetime) -> bool:
    troubles = [answer and trouble(answer) for answer in desk.node.tell(bytes(newest.raw))]
    Attempt.objects.filter(pk=newest.pk).update(sent_at=now, sends=F("sends") + 1)
    is_taken = any(each in FINE for each in troubles)
    if not is_taken:
        extra = {"transaction": one.pk, "nonce": one.nonce, "answers": troubles}
        logger.warning("chain.transaction_not_taken", extra=extra)
    failure = "" if is_taken else ", ".join(sorted(set(troubles)))
    Transaction.objects.filter(pk=one.pk, fate__in=(Fate.SIGNED, Fate.SENT)).update(
        fate=Fate.SENT, failure=failure
    )
    return is_taken


def bump(desk: Desk, one: Transaction, newest: Attempt, *, now: datetime) -> Attempt | None:
    """The same nonce for more money; a mere filler once the effect stands without it.

    None while the chain is dearer than the ceiling: the old bytes are given again.
    """
    standing = Fee(max_fee=int(newest.max_fee), tip=int(newest.tip))
    fee = bumped(standing, wanted=desk.fee(), ceiling=desk.limits.fee_ceiling)
    if fee is None:
        logger.error("chain.fee_ceiling_reached", extra={"transaction": one.pk})
        return None
    is_filler = newest.is_filler or desk.effects.is_done(one)
    made = signing.attempt(desk, one, fee, now=now, is_filler=is_filler)
    try:
        made.save(force_insert=True)
    except IntegrityError:  # the same bytes, by somebody else
        return None
    logger.info("chain.transaction_bumped", extra={"transaction": one.pk, "filler": is_filler})
    return made
