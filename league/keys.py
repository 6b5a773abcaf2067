"""API keys: 256 random bits behind a public prefix; only the SHA-256 is kept."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from league.memories import Memory
from league.models import ApiKey, Player

SHAPE = re.compile(r"\Alg_live_([0-9a-f]{16})_([0-9a-f]{64})\Z")
SCOPES = ("read", "predict", "webhook")
USUAL = ("read", "predict")  # `webhook` stands for the whole account: it is given by name only
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
_known: Final = Memory[ApiKey](lifetime=timedelta(seconds=30), most=10_000)


class KeyRejected(Exception):
    """The key is malformed, unknown, expired or revoked, or its player is suspended."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """`secret` is shown once and cannot be read again."""

    key: ApiKey
    secret: str


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
    return IssuedKey(key, f"lg_live_{prefix}_{secret}")


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
        raise KeyRejected("This API key is not valid.")
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


def revoke(key: ApiKey, *, now: datetime) -> bool:
    """Whether this call revoked it."""
    _known.drop(key.prefix)
    return bool(ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now))


def _is_current(key: ApiKey, *, now: datetime) -> bool:
    return key.expires_at is None or now < key.expires_at


def _is_secret(key: ApiKey, secret: str) -> bool:
    return hmac.compare_digest(key.secret_sha256, _digest(secret))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
