"""Wanting a transaction is a row; nothing is sent here."""

from datetime import datetime

from chain.models import Transaction
from chain.networks import Network


def intend(*, key: str, network: Network, data: bytes, now: datetime) -> Transaction:
    """The transaction wanted under `key`: a call of the network's contract, made once.

    Call it inside the transaction of whoever remembers what it is for.
    """
    made, _ = Transaction.objects.get_or_create(
        key=key,
        defaults={
            "network": network.name,
            "to": network.contract,
            "data": data,
            "requested_at": now,
        },
    )
    return made
