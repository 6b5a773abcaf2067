"""Keys that were asked for with another key: no stronger than it, and revoked together with it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from league import keys
from league.keys import IssuedKey
from league.models import ApiKey


class KeyTooStrong(Exception):
    """A key may issue none that may do more than itself, or for longer."""


def pass_on(
    parent: ApiKey,
    *,
    now: datetime,
    label: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
) -> IssuedKey:
    """Another key of the same player.

    :raises KeyTooStrong: or league.keys.KeyRejected, when `parent` has been revoked meanwhile.
    """
    refuse_stronger(scopes, expires_at, than=parent.scopes, until=parent.expires_at)
    with transaction.atomic(durable=True):
        keys.hold(parent, now=now)
        made = keys.issue(
            player=parent.player, now=now, label=label, scopes=scopes, expires_at=expires_at
        )
        ApiKey.objects.filter(pk=made.key.pk).update(issued_by=parent)
    return made


def refuse_stronger(
    scopes: Sequence[str],
    expires_at: datetime | None,
    *,
    than: Collection[str],
    until: datetime | None,
) -> None:
    """:raises KeyTooStrong:"""
    is_longer = until is not None and (expires_at is None or expires_at > until)
    if is_longer or not set(scopes) <= set(than):
        raise KeyTooStrong("A key cannot issue a stronger key than itself.")
