"""Shapes and words that clients depend on: changing one is a decision, made in tests/golden."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from config import problems
from tests.api.world import ALICE_WALLET, World, bearer

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def shape(value: Any) -> Any:
    """The value with its leaves replaced by their JSON types; lists by their first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    names = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return names[type(value)]


def answers(client: Client, world: World) -> dict[str, Any]:
    entry = {"user_address": ALICE_WALLET, "prediction_value": f"{world.price():.2f}"}
    key = bearer(world.alice_key)
    board = client.get("/api/v1/leaderboard?season=demo&horizon=1h").json()
    board["results"] = [row for row in board["results"] if row["player"] == "alice"]
    refused = client.post("/api/v1/predict", {}, "application/json", **key)
    return {
        "price": client.get("/api/v1/price").json(),
        "predict": client.post("/api/v1/predict", entry, "application/json", **key).json(),
        "leaderboard": board,
        "problem": refused.json(),
        "round": client.get(f"/api/v1/rounds/{world.final_round.pk}").json(),
        "prediction": client.get(f"/api/v1/predictions/{world.scored.pk}").json(),
    }


@pytest.mark.parametrize(
    "name", ["price", "predict", "leaderboard", "problem", "round", "prediction"]
)
def test_the_shape_is_the_recorded_one(client: Client, world: World, name: str) -> None:
    recorded = json.loads((GOLDEN / f"{name}.json").read_text())
    assert shape(answers(client, world)[name]) == recorded


def test_the_error_codes_are_the_recorded_ones() -> None:
    recorded = json.loads((GOLDEN / "error_codes.json").read_text())
    found = {p.code: [p.status, p.is_retryable] for p in problems.TABLE.values()}
    assert found == recorded
