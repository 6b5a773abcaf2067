"""A halted account: what is known of its nonces, and going on from the chain's own count."""

from dataclasses import dataclass

from chain.models import Sender, Transaction
from chain.txm.desk import Desk


@dataclass(frozen=True, slots=True)
class Account:
    """`counted` is the chain's word; `unknown` are mined nonces that nothing here has."""

    sender: Sender
    counted: int
    unknown: list[int]


def inspect(desk: Desk) -> Account:
    """Ask the chain. :raises chain.rpc.NodeUnavailable:"""
    sender = desk.sender()
    counted = desk.nonce("latest")
    ours = Transaction.objects.filter(sender=sender, nonce__lt=counted)
    known = {one.nonce for one in ours if one.nonce is not None}
    first = min(known, default=sender.next_nonce)
    unknown = [nonce for nonce in range(first, counted) if nonce not in known]
    return Account(sender, counted, unknown)


def resume(account: Account) -> bool:
    """Go on from the chain's count. Whether this call ended the halt.

    What the unknown transactions wrote is found when it would be written again: the contract
    refuses it, and its word is taken instead.
    """
    halted = Sender.objects.filter(pk=account.sender.pk).exclude(halted="")
    return bool(
        halted.update(halted="", next_nonce=max(account.counted, account.sender.next_nonce))
    )
