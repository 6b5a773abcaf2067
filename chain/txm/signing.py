"""Queued transactions become signed ones: everything is asked first, then a nonce is given out.

The nonce is the row's before anything is signed, and the bytes are the row's before anything is
sent: whoever dies in between leaves a row that says how to go on.
"""

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F, Sum

from chain.fees import Fee
from chain.models import Attempt, Fate, Sender, Transaction
from chain.rpc import NodeRefused
from chain.signers import Signed
from chain.txm.desk import Desk

logger = logging.getLogger(__name__)
MARGIN: Final = 5  # a fifth more gas than estimated: storage may cost differently by then
FILLER_GAS: Final = 21_000
REST: Final = timedelta(seconds=30)
DAY: Final = timedelta(days=1)


def sign_queued(desk: Desk, sender: Sender, *, now: datetime) -> int:
    """Sign what may be signed, oldest first. Returns how many."""
    queued = Transaction.objects.queued(network=desk.network.name, now=now)
    room = desk.limits.in_flight - Transaction.objects.in_flight(network=desk.network.name).count()
    due = list(queued[: max(room, 0)])
    if not due or sender.halted:
        return 0
    fee = desk.fee()
    if fee is None or not _can_pay(desk, fee, sender):
        return 0
    done = 0
    for one in due:
        if not _has_budget(desk, now=now):
            break
        done += _prepare(desk, one, fee, now=now)
    return done


def attempt(
    desk: Desk, of: Transaction, fee: Fee, *, now: datetime, is_filler: bool = False
) -> Attempt:
    """One more signed form under the transaction's nonce, not saved yet.

    :raises chain.signers.SignerUnavailable: or SignerRefused.
    """
    signed: Signed = desk.signer.sign(_fields(desk, of, fee, is_filler=is_filler))
    return Attempt(
        transaction=of,
        nonce=of.nonce or 0,
        raw=signed.raw,
        hash=signed.hash,
        max_fee=fee.max_fee,
        tip=fee.tip,
        is_filler=is_filler,
        signed_at=now,
    )


def _fields(desk: Desk, of: Transaction, fee: Fee, *, is_filler: bool) -> dict[str, Any]:
    return {
        "chainId": desk.network.chain_id,
        "nonce": of.nonce,
        "to": desk.signer.address if is_filler else of.to,
        "value": 0,
        "data": b"" if is_filler else bytes(of.data),
        "gas": FILLER_GAS if is_filler else of.gas,
        "maxFeePerGas": fee.max_fee,
        "maxPriorityFeePerGas": fee.tip,
    }


def _prepare(desk: Desk, one: Transaction, fee: Fee, *, now: datetime) -> bool:
    if one.nonce is not None and not one.is_of(desk.signer.address):
        # Reserved for a key that is gone, and never signed.
        unsigned = Transaction.objects.filter(pk=one.pk, fate=Fate.QUEUED, nonce=one.nonce)
        unsigned.update(sender=None, nonce=None, gas=None)
        one.refresh_from_db()
    if one.nonce is None:
        if desk.effects.is_done(one):
            queued = Transaction.objects.filter(pk=one.pk, fate=Fate.QUEUED, nonce=None)
            return bool(queued.update(fate=Fate.SUPERSEDED))
        gas = _estimate(desk, one, now=now)
        if gas is None or not _reserve(desk, one, gas=gas):
            return False
        one.refresh_from_db()
    return _sign(desk, one, fee, now=now)


def _estimate(desk: Desk, one: Transaction, *, now: datetime) -> int | None:
    """None where the contract would refuse it now: it rests, others go on."""
    call = {"from": desk.signer.address, "to": one.to, "data": "0x" + bytes(one.data).hex()}
    try:
        estimated = int(desk.node.ask("eth_estimateGas", call), 16)
    except NodeRefused as refusal:
        extra = {"transaction": one.pk, "reason": str(refusal), "data": refusal.data}
        logger.warning("chain.transaction_would_revert", extra=extra)
        Transaction.objects.filter(pk=one.pk).update(
            failure=f"{refusal} {refusal.data}"[:200], backoff_until=now + REST
        )
        return None
    return estimated + estimated // MARGIN


def _reserve(desk: Desk, one: Transaction, *, gas: int) -> bool:
    """Give it the account's next nonce. The chain's count is asked before the row is held."""
    counted = desk.nonce("latest")
    with transaction.atomic(durable=True):
        sender = Sender.objects.select_for_update().get(
            chain_id=desk.network.chain_id, address=desk.signer.address
        )
        if sender.halted or counted > sender.next_nonce:
            return False  # nonces nobody here knows of: the audit says so
        mine = Transaction.objects.filter(pk=one.pk, fate=Fate.QUEUED, nonce=None)
        if not mine.update(sender=sender, nonce=sender.next_nonce, gas=gas):
            return False
        Sender.objects.filter(pk=sender.pk).update(next_nonce=F("next_nonce") + 1)
    return True


def _sign(desk: Desk, one: Transaction, fee: Fee, *, now: datetime) -> bool:
    """Signed outside of any transaction: the signer may be a service far away."""
    made = attempt(desk, one, fee, now=now)
    try:
        with transaction.atomic(durable=True):
            mine = Transaction.objects.filter(pk=one.pk, fate=Fate.QUEUED, nonce=one.nonce)
            if not mine.update(fate=Fate.SIGNED, signed_at=now, failure=""):
                return False  # somebody else signed it meanwhile: only theirs is ever sent
            made.save(force_insert=True)
    except IntegrityError:  # the very same bytes, saved by somebody else
        return False
    return True


def _can_pay(desk: Desk, fee: Fee, sender: Sender) -> bool:
    balance = desk.balance()
    Sender.objects.filter(pk=sender.pk).update(balance_wei=balance)  # for whoever watches
    if balance >= desk.limits.least_balance:
        return True
    extra = {"address": desk.signer.address, "balance_wei": balance, "max_fee": fee.max_fee}
    logger.error("chain.balance_too_low", extra=extra)
    return False


def _has_budget(desk: Desk, *, now: datetime) -> bool:
    if not desk.limits.daily_gas:
        return True
    recent = Transaction.objects.filter(network=desk.network.name, signed_at__gt=now - DAY)
    spent = recent.aggregate(gas=Sum("gas"))["gas"] or 0
    if spent < desk.limits.daily_gas:
        return True
    logger.error("chain.daily_gas_spent", extra={"gas": spent})
    return False
