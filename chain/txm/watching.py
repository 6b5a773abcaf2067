"""What became of the transactions under way: receipts and nonces decide, nothing else."""

import logging

from django.db.models import F

from chain.models import Attempt, Fate, Transaction
from chain.txm.desk import Desk, Receipt

logger = logging.getLogger(__name__)
SUCCESS = "0x1"


def watch(desk: Desk) -> int:
    """Look at each once. Returns how many moved."""
    flying = list(Transaction.objects.in_flight(network=desk.network.name))
    if not flying:
        return 0
    head = desk.head()
    used = desk.nonce(desk.settled_block(head))
    return sum(_look(desk, one, head=head, used=used) for one in flying)


def _look(desk: Desk, one: Transaction, *, head: int, used: int) -> bool:
    found = _receipt(desk, one)
    if found is not None:
        return _mined(desk, one, found, head=head)
    if one.fate == Fate.MINED:  # its block is no longer part of the chain
        logger.warning("chain.transaction_lost_its_block", extra={"transaction": one.pk})
        return _move(one, fate=Fate.SENT, block_number=None, block_hash="", hash="", mined_at=None)
    is_ours = one.is_of(desk.signer.address)  # another account's count says nothing
    if is_ours and one.nonce is not None and one.nonce < used:
        # Deep in the chain another transaction has this nonce: none of ours can ever be mined.
        extra = {"transaction": one.pk, "nonce": one.nonce}
        logger.error("chain.nonce_used_by_another", extra=extra)
        return _move(one, fate=Fate.QUEUED, sender=None, nonce=None, gas=None)
    return False


def _receipt(desk: Desk, one: Transaction) -> tuple[Attempt, Receipt] | None:
    """Any of its forms may be the one that was mined: the newest need not be."""
    for attempt in one.attempts.filter(nonce=F("transaction__nonce")).order_by("-pk"):
        receipt = desk.receipt(attempt.hash)
        if receipt is not None and receipt.get("blockNumber") is not None:
            return attempt, receipt
    return None


def _mined(desk: Desk, one: Transaction, found: tuple[Attempt, Receipt], *, head: int) -> bool:
    attempt, receipt = found
    number, hash_ = int(receipt["blockNumber"], 16), receipt["blockHash"]
    block = desk.block(number)
    if block is None or block[0] != hash_:
        return False  # the node is between two chains: look again
    is_deep = number + desk.limits.confirmations - 1 <= head
    if attempt.is_filler:
        return is_deep and _move(one, fate=Fate.SUPERSEDED)
    if not _is_effective(desk, one, receipt):
        failure = f"reverted in block {number}"
        return is_deep and _move(one, fate=Fate.REVERTED, failure=failure)
    return _move(
        one,
        fate=Fate.CONFIRMED if is_deep else Fate.MINED,
        block_number=number,
        block_hash=hash_,
        hash=attempt.hash,
        mined_at=block[1],
        failure="",
    )


def _is_effective(desk: Desk, one: Transaction, receipt: Receipt) -> bool:
    is_fine = receipt["status"] == SUCCESS and str(receipt["to"]).lower() == one.to
    return is_fine and desk.effects.is_shown(one, receipt)


def _move(one: Transaction, **fields: object) -> bool:
    """Whether this call changed it; nothing is written where nothing changed."""
    if all(getattr(one, name) == value for name, value in fields.items()):
        return False
    return bool(Transaction.objects.filter(pk=one.pk, fate=one.fate).update(**fields))
