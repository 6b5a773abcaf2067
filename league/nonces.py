"""Nonces of wallet messages: given out by this site, good for ten minutes, used once."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from league.models import WalletNonce

LIFETIME: Final = timedelta(minutes=10)
BATCH: Final = 5_000


class NonceRefused(Exception):
    """Unknown here, used already, or too old: ask for another one."""


def issue(*, domain: str, now: datetime) -> WalletNonce:
    return WalletNonce.objects.create(
        nonce=secrets.token_hex(16), domain=domain, issued_at=now, expires_at=now + LIFETIME
    )


def require(nonce: str, *, domain: str, now: datetime) -> None:
    """A look before anything costly; `consume` decides. :raises NonceRefused: see there."""
    if not WalletNonce.objects.usable(domain=domain, now=now).filter(pk=nonce).exists():
        raise NonceRefused("The nonce is unknown, used or expired: ask for another one.")


def consume(nonce: str, *, domain: str, now: datetime) -> None:
    """Use it up, in the transaction of what it is used for.

    :raises NonceRefused: when that was done before; nothing may be written then.
    """
    mine = WalletNonce.objects.usable(domain=domain, now=now).filter(pk=nonce)
    if not mine.update(used_at=now):
        raise NonceRefused("The nonce was used or has expired: ask for another one.")


def forget(*, now: datetime) -> int:
    """Remove those that are over, a batch to a statement. Returns how many."""
    total = 0
    while True:
        batch = WalletNonce.objects.over(now=now).values("pk")[:BATCH]
        gone, _ = WalletNonce.objects.filter(pk__in=batch).delete()
        total += gone
        if gone < BATCH:
            return total
