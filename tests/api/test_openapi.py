from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
TAGS = {
    "auth", "chain", "keys", "leaderboard", "league", "markets", "players", "predecessor",
    "predictions", "proofs", "rounds", "users", "webhooks",
}  # fmt: skip


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    made = tmp_path_factory.mktemp("schema") / "openapi.yaml"
    call_command("spectacular", file=str(made), validate=True, fail_on_warn=True)
    assert made.read_text() == SCHEMA.read_text(), (
        "run: manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn"
    )
    parsed: dict[str, Any] = yaml.safe_load(made.read_text())
    return parsed


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_committed_schema_is_current(schema: dict[str, Any]) -> None:
    assert schema["openapi"] == "3.1.0"


def test_every_operation_is_named_tagged_and_may_fail_with_a_problem(
    schema: dict[str, Any],
) -> None:
    found = operations(schema)
    ids = [operation["operationId"] for _, _, operation in found]
    assert len(ids) == len(set(ids))
    for path, _, operation in found:
        assert set(operation["tags"]) <= TAGS, path
        content = operation["responses"]["default"]["content"]
        assert list(content) == ["application/problem+json"], path


def test_every_write_of_a_player_has_an_example(schema: dict[str, Any]) -> None:
    for path, method, operation in operations(schema):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body and path != "/api/v1/chain/verify":
            assert body.get("examples"), (method, path)
