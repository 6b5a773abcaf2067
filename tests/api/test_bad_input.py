"""Invariant I25: no bytes a client can send give a 5xx; every refusal is a problem document."""

import random
from typing import Any

import pytest
from django.test import Client

from predictions.models import Prediction
from tests.api.world import World, bearer

BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"NaN",
    b'{"form": "point", "point": NaN}',
    b'{"form": "point", "point": -Infinity}',
    b'{"form": "point", "point": 1e999999999}',
    b'{"form": "point", "point": ' + b"9" * 5000 + b"}",
    b'{"form": "point", "form": "point"}',
    b'{"form": "\\u0000"}',
    b'{"form": "\\ud800"}',
    b'{"\\udfff": 1}',
    b'{"form": "point", "point": {"a": [1, {"b": 2}]}}',
    b"[" * 100_000,
    b"[" * 21 + b"]" * 21,
    b'{"a":' * 30 + b"1" + b"}" * 30,
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b'\xef\xbb\xbf{"form": "point"}',
    b"form=point&point=1",
    b"x" * 70_000,
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize(
    "path", ["/api/v1/predict", "round", "/api/v1/keys", "/api/v1/chain/verify"]
)
def test_no_body_is_a_server_error(client: Client, world: World, path: str, body: bytes) -> None:
    if path == "round":
        path = f"/api/v1/rounds/{world.open_round.pk}/prediction"
    answer = client.post(path, body, "application/json", **bearer(world.alice_key))
    assert answer.status_code in {200, 201, 400, 413}, answer.content
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"
    assert not Prediction.objects.filter(round=world.open_round).exists()


def test_random_bytes_are_never_a_server_error(client: Client, world: World) -> None:
    dice = random.Random(20_260_101)
    path = f"/api/v1/rounds/{world.open_round.pk}/prediction"
    seed = b'{"form": "quantiles", "p10": "2900.5", "p50": 3000, "p90": "3100", "basis": "price"}'
    for _ in range(150):
        body = bytearray(seed)
        for _ in range(dice.randint(1, 6)):
            body[dice.randrange(len(body))] = dice.randrange(256)
        answer = client.post(path, bytes(body), "application/json", **bearer(world.alice_key))
        assert answer.status_code in {200, 201, 400}, bytes(body)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/rounds?season=%00",
        "/api/v1/rounds?cursor=a%00b",
        "/api/v1/users/%00",
        "/api/v1/players/al%00ice",
        "/api/v1/price?symbol=%00",
        "/%00",
        "/admin/login/?next=%00",
    ],
)
def test_nul_is_refused_at_the_door(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nowhere",
        "/api/v1/rounds/not-a-uuid",
        "/api/v1/rounds/0193f8a0-0000-7000-8000-000000000000",
        "/api/v1/predictions/0193f8a0-0000-7000-8000-000000000000",
        "/api/v1/players/%ED%A0%80",
        "/api/v1/price?symbol=%ED%A0%80",
        "/api/v1/price?symbol=NOPE",
        "/api/v1/assets/NOPE",
        "/api/v1/seasons/none",
        "/api/nothing",
    ],
)
def test_what_is_not_there_is_a_404_problem(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer["X-Request-ID"]


@pytest.mark.parametrize(
    ("method", "content_type", "status", "code"),
    [
        ("patch", "application/json", 405, "method_not_allowed"),
        ("post", "text/xml", 415, "unsupported_media_type"),
        ("post", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    ],
)
def test_protocol_faults_have_their_own_codes(
    client: Client, world: World, method: str, content_type: str, status: int, code: str
) -> None:
    path = f"/api/v1/rounds/{world.open_round.pk}/prediction"
    answer: Any = getattr(client, method)(
        path, b"<a/>", content_type=content_type, **bearer(world.alice_key)
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_host_that_is_not_ours_is_a_400_problem(client: Client, db: None) -> None:
    answer = client.get("/api/v1/players", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
