"""Nobody sets by a request what the request is not for: whatever is not asked for is refused."""

import itertools
from collections.abc import Iterator
from typing import Any, Final

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.api import cast as casts
from tests.api.cast import Cast
from tests.api.world import World

NEVER: Final = {
    "id": "0193f8a0-0000-7000-8000-000000000000", "pk": 1, "user": 1, "user_id": 1, "owner": 1,
    "account": 1, "player_id": 1, "is_staff": True, "is_superuser": True, "is_demo": True,
    "is_ranked": True, "groups": [1], "user_permissions": [1], "password": "x", "points": 1000,
    "rating": 1, "rank": 1, "wallet_proved_at": "2026-01-01T00:00:00Z", "salt": "00",
    "digest": "00", "stamped_at": "2026-01-01T00:00:00Z", "secret_sha256": "00", "issued_by": 1,
    "revoked_at": None, "last_used_at": None, "__proto__": {}, "visibility": "public",
}  # fmt: skip
# Any document may be put to it, and nothing is written: it says what a receipt is worth.
JUDGES = {("/api/v1/chain/verify", "post")}
ABSENT = {"/api/v1/users/register"}  # unless the operator opens registration


@pytest.fixture
def cast(world: World, settings: Any) -> Cast:
    settings.RATE_LIMIT_RPM = 1_000_000
    settings.ENABLE_USER_REGISTRATION = True
    return casts.gather(world)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return made


def resolved(schema: dict[str, Any], part: dict[str, Any]) -> list[dict[str, Any]]:
    """The object schemas a schema stands for."""
    if "$ref" in part:
        return resolved(schema, schema["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]])
    choices = part.get("oneOf") or part.get("anyOf") or part.get("allOf") or []
    return [one for each in choices for one in resolved(schema, each)] or [part]


def properties(schema: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    body = content.get("application/json", {}).get("schema", {})
    return {
        name: field
        for each in resolved(schema, body)
        for name, field in each.get("properties", {}).items()
    }


def writes(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if "requestBody" in operation and (path, method) not in JUDGES
    ]


def extras(schema: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """What may never be sent, and whatever it answers with that is not asked for."""
    shown = {
        name: "x"
        for code, answer in operation["responses"].items()
        if code.startswith("2")
        for name in properties(schema, answer.get("content", {}))
    }
    asked = properties(schema, operation["requestBody"]["content"])
    return {name: value for name, value in (shown | NEVER).items() if name not in asked}


def batches(fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Ten at a time: no answer lists more than twenty faults."""
    left = iter(fields.items())
    while few := dict(itertools.islice(left, 10)):
        yield few


def test_every_write_refuses_what_it_does_not_ask_for(cast: Cast, schema: dict[str, Any]) -> None:
    found = writes(schema)
    assert len(found) > 10
    for path, method, operation in found:
        content = operation["requestBody"]["content"]["application/json"]
        example = next(iter(content["examples"].values()))["value"]
        more = extras(schema, operation)
        assert len(more) > 20
        route = path.removeprefix("/").replace("{", "<").replace("}", ">")
        for few in batches(more):
            answer = cast.ask("owner", method.upper(), route, example | few)
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), path
            pointed = {error["pointer"] for error in answer.json()["errors"]}
            assert {f"/{name}" for name in few} <= pointed, path


def test_nothing_more_goes_along_in_a_bulk(cast: Cast) -> None:
    item = {"round": cast.places["round_id"], "form": "prob_up", "prob_up": "0.5"}
    for name, value in NEVER.items():
        body = {"items": [item | {name: value}]}
        answer = cast.ask("owner", "POST", "api/v1/predictions/bulk", body)
        assert answer.status_code == 400, name
        assert answer.json()["errors"][0]["pointer"] == f"/items/0/{name}"
