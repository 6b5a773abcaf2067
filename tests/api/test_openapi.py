import re
from typing import Any, Final

import pytest
import yaml
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client

from config import problems
from tests.api import witness
from tests.api.witness import SCHEMA
from tests.api.world import World
from tests.architecture import sources

PROBLEM: Final = "application/problem+json"
NOTHING: Final[dict[str, Any]] = {PROBLEM: {"examples": {}}}


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


def explicit_ids() -> set[str]:
    """The ids that the views' own source says; none is left to be made up."""
    says = re.compile(r'operation_id="(\w+)"')
    views = [path for path in sources.modules() if "view" in str(path)]
    return {name for path in views for name in says.findall(sources.text(path))}


def test_the_committed_schema_is_current(schema: dict[str, Any]) -> None:
    assert schema["openapi"] == "3.1.0"


def test_every_operation_is_named_and_tagged(schema: dict[str, Any]) -> None:
    found = operations(schema)
    ids = [operation["operationId"] for _, _, operation in found]
    assert len(ids) == len(set(ids))
    assert set(ids) == explicit_ids()
    known = {tag["name"] for tag in schema["tags"]}
    assert known == {tag for _, _, operation in found for tag in operation["tags"]}
    for path, _, operation in found:
        assert len(operation["tags"]) == 1, path
        assert operation["description"], path
    assert all(tag["description"] for tag in schema["tags"])


def test_every_operation_says_how_it_may_fail_and_nothing_is_left_to_default(
    schema: dict[str, Any],
) -> None:
    named = schema["components"]["responses"]
    for path, method, operation in operations(schema):
        assert {"400", "429", "503"} <= set(operation["responses"]), (path, method)
        for status, answer in operation["responses"].items():
            assert status.isdigit(), (path, method)
            if int(status) < 300:
                assert "X-Request-ID" in answer["headers"], (path, method)
                continue
            found = named[answer["$ref"].rpartition("/")[2]]
            kinds = {"application/problem+json"} if int(status) >= 400 else set()
            assert set(found.get("content", {})) == kinds


def test_every_problem_has_an_example_that_is_one(schema: dict[str, Any]) -> None:
    examples = {
        code: shown["value"]
        for answer in schema["components"]["responses"].values()
        for code, shown in answer.get("content", NOTHING)[PROBLEM]["examples"].items()
    }
    assert set(examples) == set(problems.TABLE)
    for code, value in examples.items():
        assert (value["code"], value["type"]) == (code, f"/problems/{code}")
        assert not witness.faults("/components/schemas/Problem", value)


def test_every_write_has_examples_that_its_schema_allows(schema: dict[str, Any]) -> None:
    for path, method, operation in operations(schema):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is None:
            continue
        assert body.get("examples"), (method, path)
        pointer = f"/paths/{witness.escaped(path)}/{method}/requestBody/content/"
        pointer += f"{witness.escaped('application/json')}/schema"
        for name, shown in body["examples"].items():
            assert not witness.faults(pointer, shown["value"]), (method, path, name)


def test_a_fresh_answer_is_not_sent_again(client: Client, world: World) -> None:
    """304, as promised for every read."""
    first = client.get("/api/v1/rounds")
    again = client.get("/api/v1/rounds", headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_the_witness_objects_to_what_is_not_promised() -> None:
    """Else no test would be held to anything."""
    headers = {"X-Request-ID": "12345678"}
    good = HttpResponse(b'{"now": "2026-01-01T00:00:00Z"}', "application/json", headers=headers)
    assert not witness.objections("GET", "/api/v1/time", good)
    for bad in (
        HttpResponse(b'{"now": 5}', "application/json", headers=headers),
        HttpResponse(b"{}", "application/json", headers=headers),
        HttpResponse(b"now", "text/plain", headers=headers),
        HttpResponse(b'{"now": "2026-01-01T00:00:00Z"}', "application/json"),
        HttpResponse(b"{}", "application/problem+json", 418, headers=headers),
    ):
        assert witness.objections("GET", "/api/v1/time", bad)
