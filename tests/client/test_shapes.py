"""Every shape of the client is what docs/openapi.yaml promises, field by field."""

import inspect
import types
import typing
from typing import Any

import pytest

from league_client import entries, failures, shapes, webhooks
from tests.api import witness

# Where the client knows more than one schema for two cases can say: no dry run answers these.
NEVER_NULL = {
    ("Accepted", "prediction"), ("Accepted", "acknowledgement"), ("AcceptedItem", "prediction"),
    ("AcceptedBulk", "acknowledgement"),
}  # fmt: skip
LEFT_OUT = {("Prediction", "cost")}  # of the built-in players
NAMES = {"Entry": "SignedEntryRequest", "Fault": "Problem", "Item": "BulkItemRequest"}
JSON = {
    str: "string", int: "integer", float: "number", bool: "boolean", types.NoneType: "null",
    list: "array", dict: "object",
}  # fmt: skip
SHAPES = [
    shape
    for module in (shapes,)
    for _, shape in inspect.getmembers(module, inspect.isclass)
    if typing.is_typeddict(shape) and shape.__module__ == module.__name__
]


def schema_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = witness.document()["components"]["schemas"][name]
    return found


def promised(schema: dict[str, Any]) -> set[str]:
    """The JSON types of a value, or the names of the schemas it may have."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return {"string"} if "enum" in schema_of(name) else {name}
    parts = schema.get("oneOf", []) + schema.get("allOf", [])
    if parts:
        return set().union(*(promised(part) for part in parts))
    types_ = schema["type"]
    return set(types_) if isinstance(types_, list) else {types_}


def typed(hint: Any) -> set[str]:
    """The same of a type hint."""
    origin = typing.get_origin(hint)
    if origin in {typing.Union, types.UnionType}:
        return set().union(*(typed(part) for part in typing.get_args(hint)))
    if typing.is_typeddict(hint):
        return {hint.__name__}
    return {JSON[origin or hint]}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_shape_is_the_schemas(shape: Any) -> None:
    schema, hints = schema_of(shape.__name__), typing.get_type_hints(shape)
    named = {field for of, field in LEFT_OUT if of == shape.__name__}
    assert set(hints) == set(schema["properties"]) - named
    assert set(hints) <= set(schema["required"])
    for name, hint in hints.items():
        never = {"null"} if (shape.__name__, name) in NEVER_NULL else set()
        assert typed(hint) == promised(schema["properties"][name]) - never, name


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_list_holds_what_the_schema_says(shape: Any) -> None:
    for name, hint in typing.get_type_hints(shape).items():
        if typing.get_origin(hint) is list:
            (item,) = typing.get_args(hint)
            assert typed(item) == promised(schema_of(shape.__name__)["properties"][name]["items"])


def test_there_are_shapes() -> None:
    assert len(SHAPES) > 15


@pytest.mark.parametrize(
    ("shape", "name"),
    [(entries.Entry, "SignedEntryRequest"), (entries.Item, "BulkItemRequest")],
)
def test_what_is_sent_may_be_sent(shape: Any, name: str) -> None:
    fields = set(schema_of(name)["properties"]) | {"salt", "signature"}
    assert set(typing.get_type_hints(shape)) == fields


def test_a_fault_is_a_problems() -> None:
    (fault,) = [schema_of("Problem")["properties"]["errors"]["items"]]
    assert set(typing.get_type_hints(failures.Fault)) == set(fault["properties"])


def test_an_event_is_as_it_is_sent() -> None:
    assert set(typing.get_type_hints(webhooks.Event)) == {"type", "timestamp", "data"}
