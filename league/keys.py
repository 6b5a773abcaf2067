"""API keys: 256 random bits behind a public prefix; only the SHA-256 is kept."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from league.models import ApiKey, Player

SHAPE = re.compile(r"\Alg_live_([0-9a-f]{16})_([0-9a-f]{64})\Z")
SCOPES = ("read", "predict")


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
    scopes: Sequence[str] = SCOPES,
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


def revoke(key: ApiKey, *, now: datetime) -> bool:
    """Whether this call revoked it."""
    return bool(ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
