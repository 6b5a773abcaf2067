"""What the league signs is believed, and nothing else."""

import json
from datetime import UTC, datetime
from email.message import Message

import pytest

from league.webhooks import signatures
from league_client import webhooks

AT = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
KEY, OTHER = b"k" * 24, b"o" * 24
BODY = json.dumps({"type": "round.opened", "timestamp": "t", "data": {}}).encode()


def signed(*keys: bytes) -> Message:
    made = Message()
    for name, value in signatures.headers("msg_1", BODY, at=AT, secrets=keys).items():
        made[name.title()] = value
    return made


def read(headers: webhooks.Headers, body: bytes = BODY, *, late_s: float = 0) -> webhooks.Event:
    secret, now_s = signatures.shown(KEY), AT.timestamp() + late_s
    return webhooks.read(headers, body, secret=secret, now_s=now_s)


@pytest.mark.parametrize("keys", [(KEY,), (OTHER, KEY), (KEY, OTHER)])
def test_what_the_league_signed_is_read(keys: tuple[bytes, ...]) -> None:
    assert read(signed(*keys))["type"] == "round.opened"


@pytest.mark.parametrize("late_s", [-301, 301])
def test_an_old_or_early_one_is_forged(late_s: float) -> None:
    assert read(signed(KEY), late_s=299)["timestamp"] == "t"
    with pytest.raises(webhooks.Forged):
        read(signed(KEY), late_s=late_s)


def test_another_body_or_secret_or_id_is_forged() -> None:
    with pytest.raises(webhooks.Forged):
        read(signed(KEY), BODY + b" ")
    with pytest.raises(webhooks.Forged):
        read(signed(OTHER))
    moved = signed(KEY)
    moved.replace_header("Webhook-Id", "msg_2")
    with pytest.raises(webhooks.Forged):
        read(moved)


@pytest.mark.parametrize("absent", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_without_its_headers_it_is_forged(absent: str) -> None:
    headers = signed(KEY)
    del headers[absent]
    with pytest.raises(webhooks.Forged):
        read(headers)


@pytest.mark.parametrize("stamp", ["", "now", "-5", "1e9", "\u0661\u0662", "9" * 400, "9" * 5000])
def test_an_odd_timestamp_is_forged(stamp: str) -> None:
    headers = {"webhook-id": "m", "webhook-timestamp": stamp, "webhook-signature": "v1,x"}
    with pytest.raises(webhooks.Forged):
        read(headers)
