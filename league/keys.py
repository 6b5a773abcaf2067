"""API keys: 256 random bits behind a public prefix; only the SHA-256 is kept."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from league.memories import Memory
from league.models import ApiKey, Player

MARK = "lg_live_"
SHAPE = re.compile(rf"\A{MARK}([0-9a-f]{{16}})_([0-9a-f]{{64}})\Z")
SCOPES = ("read", "predict", "webhook", "league")
REFUSAL = "This API key is not valid."
# `webhook` and `league` stand for the whole account: they are given by name only.
USUAL = ("read", "predict")
# On a round `r` and its clock: whoever remembered this key may still write with it now.
STILL_GOOD = """
    AND EXISTS (
        SELECT 1 FROM league_apikey AS k
        JOIN league_player AS p ON p.id = k.player_id
        LEFT JOIN auth_user AS u ON u.id = p.user_id
        WHERE k.id = %(key_id)s AND p.id = %(player_id)s AND p.handle = %(handle)s
        AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock.at)
        AND p.is_active AND (u.id IS NULL OR u.is_active)
    )"""
LAST_USE_EVERY: Final = timedelta(hours=1)
LONGEST_OVERLAP: Final = timedelta(days=7)
_known: Final = Memory[ApiKey](lifetime=timedelta(seconds=30), most=10_000)


class KeyEnded(Exception):
    """The key is expired or revoked: there is nothing to rotate."""


class KeyRejected(Exception):
    """The key is malformed, unknown, expired or revoked, or its player is suspended."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """`secret` is shown once and cannot be read again."""

    key: ApiKey
    secret: str = field(repr=False)


def issue(
    *,
    player: Player,
    now: datetime,
    label: str = "",
    scopes: Sequence[str] = USUAL,
    expires_at: datetime | None = None,
) -> IssuedKey:
    prefix, secret = secrets.token_hex(8), secrets.token_hex(32)
    key = ApiKey.objects.create(
        prefix=prefix,
        secret_sha256=_digest(secret),
        player=player,
        label=label,
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=expires_at,
    )
    return IssuedKey(key, f"{MARK}{prefix}_{secret}")


def verify(token: str, *, now: datetime) -> ApiKey:
    """:raises KeyRejected: the same way whatever was wrong."""
    match = SHAPE.match(token)
    key = (
        match
        and ApiKey.objects.usable(now=now)
        .select_related("player__user")
        .filter(prefix=match[1])
        .first()
    )
    # Compare even when the prefix is unknown, so that the answer takes as long.
    expected = key.secret_sha256 if key else "0" * 64
    if not hmac.compare_digest(expected, _digest(match[2] if match else "")) or not key:
        raise KeyRejected(REFUSAL)
    _note_use(key, now=now)
    return key


def recall(token: str, *, now: datetime) -> ApiKey:
    """The same from memory, for half a minute: for a writer whose statement is STILL_GOOD's too.

    :raises KeyRejected: the same way whatever was wrong.
    """
    match = SHAPE.match(token)
    known = _known.recall(match[1], now=now) if match else None
    if match and known and _is_current(known, now=now) and _is_secret(known, match[2]):
        return known
    key = verify(token, now=now)
    _known.keep(key.prefix, key, now=now)
    return key


def good(key: ApiKey) -> dict[str, Any]:
    """STILL_GOOD's parameters."""
    return {"key_id": key.pk, "player_id": key.player_id, "handle": key.player.handle}


def rotate(
    key: ApiKey,
    *,
    overlap: timedelta,
    expires_at: datetime | None,
    by: ApiKey | None,
    now: datetime,
) -> IssuedKey:
    """A new key like it; the old one, and what it issued, work for `overlap` more at most.

    Revoked together with `by`, the key it was asked for with: with the old one's where no key did.
    :raises KeyEnded: when it does not work any more; KeyRejected when `by` does not.
    """
    end, parent = now + overlap, by or key.issued_by
    with transaction.atomic(durable=True):
        # In the order in which revoking takes them: who issues is older than what is issued.
        both = ApiKey.objects.filter(pk__in={key.pk, parent.pk if parent else key.pk})
        list(both.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        if parent is not None:
            hold(parent, now=now)
        usable = ApiKey.objects.usable(now=now).filter(pk=key.pk)
        longer = usable.exclude(expires_at__lte=end)
        if not longer.update(expires_at=end) and not usable.exists():
            raise KeyEnded("This key is expired or revoked: issue a new one.")
        for heirs in _heirs(key):
            heirs.exclude(expires_at__lte=end).update(expires_at=end)
        issued = issue(
            player=key.player, now=now, label=key.label, scopes=key.scopes, expires_at=expires_at
        )
        ApiKey.objects.filter(pk=issued.key.pk).update(issued_by=parent)
    _known.drop(key.prefix)
    return issued


def hold(key: ApiKey, *, now: datetime) -> None:
    """Within a transaction: whoever revokes it now waits, and then finds what it issued.

    :raises KeyRejected: when it has been revoked meanwhile.
    """
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(last_used_at=now):
        raise KeyRejected(REFUSAL)


def revoke(key: ApiKey, *, now: datetime) -> bool:
    """With every key that was issued with it. Whether this call revoked it."""
    _known.drop(key.prefix)
    with transaction.atomic():
        is_mine = bool(ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now))
        for heirs in _heirs(key):
            heirs.filter(revoked_at=None).update(revoked_at=now)
    return is_mine


def _heirs(key: ApiKey) -> Iterator[QuerySet[ApiKey]]:
    """What was issued with it, generation by generation."""
    generation = [key.pk]
    while generation:
        children = ApiKey.objects.filter(issued_by__in=generation)
        yield children
        generation = list(children.values_list("pk", flat=True))


def _note_use(key: ApiKey, *, now: datetime) -> None:
    """To the hour: whoever asks whether a key is still in use can wait as long."""
    if key.last_used_at is None or now - key.last_used_at >= LAST_USE_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _is_current(key: ApiKey, *, now: datetime) -> bool:
    return key.expires_at is None or now < key.expires_at


def _is_secret(key: ApiKey, secret: str) -> bool:
    return hmac.compare_digest(key.secret_sha256, _digest(secret))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
