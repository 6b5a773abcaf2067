"""Standard Webhooks 1.0 (standardwebhooks.com): what a message is signed with, and how.

HMAC-SHA256 over `id.timestamp.body`; while a secret is being replaced, a signature by each.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
VERSION: Final = "v1"


def shown(secret: bytes) -> str:
    """A secret as people copy it."""
    return PREFIX + base64.b64encode(secret).decode()


def headers(
    message_id: str, body: bytes, *, at: datetime, secrets: Sequence[bytes]
) -> dict[str, str]:
    """The three headers of one attempt, made `at`; a signature by each secret, newest first."""
    stamp = str(int(at.timestamp()))
    signed = b".".join([message_id.encode(), stamp.encode(), body])
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(_signature(signed, secret) for secret in secrets),
    }


def _signature(signed: bytes, secret: bytes) -> str:
    digest = hmac.digest(secret, signed, hashlib.sha256)
    return f"{VERSION},{base64.b64encode(digest).decode()}"
