"""A delivery as bytes: the same ones at every attempt, under fresh signatures."""

import json
from datetime import UTC, datetime
from typing import Final

from league.models import Delivery
from league.webhooks import secrets, signatures
from league.webhooks.couriers.base import Parcel

USER_AGENT: Final = "prediction-league/1 (+webhooks)"


def parcel(delivery: Delivery, *, now: datetime) -> Parcel:
    """What is sent `now`. The delivery's webhook must be at hand."""
    webhook, content = delivery.webhook, body(delivery)
    signed = signatures.headers(
        message_id(delivery), content, at=now, secrets=secrets.accepted(webhook, now=now)
    )
    fixed = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
    return Parcel(webhook.url, fixed | signed, content)


def message_id(delivery: Delivery) -> str:
    """The same for every attempt, a replay included: receivers know a repetition by it."""
    return f"msg_{delivery.pk.hex}"


def body(delivery: Delivery) -> bytes:
    told = {"type": delivery.type, "timestamp": stamp(delivery.at), "data": delivery.data}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def stamp(at: datetime) -> str:
    """RFC 3339, UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
