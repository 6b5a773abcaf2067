"""What the league sent to an address of yours, once it is certain that the league sent it.

Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`. A message may come twice: remember
the header `webhook-id` of those you have acted on.
"""

import base64
import hashlib
import hmac
import json
import re
from typing import Any, Final, Protocol, TypedDict

TOLERANCE_S: Final = 300
STAMP: Final = re.compile("[0-9]{1,12}")  # longer ones are no instants


class Headers(Protocol):
    """Those of any server: their names are case-insensitive."""

    def get(self, name: str, default: str, /) -> str: ...


class Event(TypedDict):
    type: str
    timestamp: str
    data: dict[str, Any]


class Forged(Exception):
    """Nobody who knows the secret signed exactly this within five minutes."""


def read(headers: Headers, body: bytes, *, secret: str, now_s: float) -> Event:
    """The event; answer 2xx to it within five seconds, and work afterwards.

    `now_s` is time.time().
    :raises Forged: and nothing of the body was looked at.
    """
    stamp = headers.get("webhook-timestamp", "")
    if not STAMP.fullmatch(stamp) or abs(now_s - int(stamp)) > TOLERANCE_S:
        raise Forged("The timestamp is absent or more than five minutes off.")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode(errors="replace") + body
    wanted = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    given = headers.get("webhook-signature", "").split()  # two while a secret is replaced
    if not any(hmac.compare_digest(wanted, one.encode(errors="replace")) for one in given):
        raise Forged("The signature is not the secret's.")
    event: Event = json.loads(body)
    return event
