"""One sweep over a network's transactions: watch, audit, sign, send, watch again."""

import logging
from datetime import datetime

from chain.models import Sender
from chain.signers import SignerRefused, SignerUnavailable
from chain.txm import sending, signing, watching
from chain.txm.desk import Desk

logger = logging.getLogger(__name__)


def step(desk: Desk, *, now: datetime) -> int:
    """Carry every transaction as far as it can go now. Returns how many moved.

    :raises chain.rpc.NodeUnavailable: when no node answers; what was done is kept.
    """
    sender = desk.sender()
    moved = watching.watch(desk)
    try:
        if audit(desk, sender):
            moved += signing.sign_queued(desk, sender, now=now)
        moved += sending.send_signed(desk, now=now)
    except SignerUnavailable as error:
        logger.warning("chain.signer_silent", extra={"reason": str(error)})
    except SignerRefused as error:
        logger.error("chain.signer_refused", extra={"reason": str(error)})  # noqa: TRY400 -- named
    return moved + watching.watch(desk)


def audit(desk: Desk, sender: Sender) -> bool:
    """Whether the account's nonces are the ones given out here; if not it halts.

    After a database was restored from a backup, or when somebody else uses the key, only a person
    can tell what the unknown transactions were: `manage.py chain_reconcile`.
    """
    if sender.halted:
        logger.error("chain.sender_halted", extra={"reason": sender.halted})
        return False
    counted = desk.nonce("latest")
    fresh = Sender.objects.get(pk=sender.pk).next_nonce
    if counted <= fresh:
        return True
    reason = f"the chain counts {counted} transactions of this account, only {fresh} are known"
    Sender.objects.filter(pk=sender.pk, halted="").update(halted=reason)
    logger.error("chain.sender_halted", extra={"reason": reason})
    return False
