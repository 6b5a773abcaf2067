"""If-Match and If-None-Match: a word is revised only where it is still what its author read."""

from typing import Any

import pytest
from django.test import Client

from predictions.models import Prediction
from tests.api.world import World, bearer

ENTRY = {"form": "prob_up", "prob_up": "0.6"}
AGAIN = {"form": "prob_up", "prob_up": "0.7"}


class Desk:
    """Bob's word in the open round."""

    def __init__(self, world: World) -> None:
        self.path = f"/api/v1/rounds/{world.open_round.pk}/prediction"
        self.secret = world.bob_key

    def ask(self, method: str, body: Any = None, *, query: str = "", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        access = {"headers": bearer(self.secret)["headers"] | named}
        return getattr(Client(), method)(self.path + query, body, "application/json", **access)

    def read(self, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client().get(self.path, headers=bearer(self.secret)["headers"] | named)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_a_word_is_revised_where_it_is_what_was_read(desk: Desk) -> None:
    first = desk.ask("put", ENTRY, If_None_Match="*")
    assert (first.status_code, first["ETag"]) == (201, '"1"')
    read = desk.read()
    assert read["ETag"] == '"1"'
    assert desk.read(If_None_Match='"1"').status_code == 304
    second = desk.ask("put", AGAIN, If_Match=read["ETag"])
    assert (second.status_code, second["ETag"]) == (200, '"2"')
    stale = desk.ask("put", ENTRY, If_Match=read["ETag"])
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert "revision 2" in stale.json()["detail"]
    assert desk.ask("put", ENTRY, If_None_Match="*").status_code == 412
    assert desk.ask("put", ENTRY, If_None_Match='"1", "2"').status_code == 412
    assert Prediction.objects.get(player__handle="bob").revision == 2
    assert desk.ask("put", ENTRY, If_Match='"7" , "2"').status_code == 200


def test_what_is_not_there_matches_nothing(desk: Desk) -> None:
    for tag in ("*", '"1"'):
        assert desk.ask("post", ENTRY, If_Match=tag).status_code == 412
    assert not Prediction.objects.filter(player__handle="bob").exists()
    assert desk.ask("post", ENTRY, If_None_Match='"1"').status_code == 201


def test_a_withdrawal_asks_too(desk: Desk) -> None:
    assert desk.ask("post", ENTRY)["ETag"] == '"1"'
    assert desk.ask("delete", If_Match='"2"').status_code == 412
    assert desk.ask("delete", If_Match='"1"').status_code == 204
    assert desk.read()["ETag"] == '"2"'


def test_a_dry_run_asks_too(desk: Desk) -> None:
    assert desk.ask("post", ENTRY)["ETag"] == '"1"'
    assert desk.ask("put", AGAIN, query="?dry_run=true", If_Match='"2"').status_code == 412
    assert desk.ask("put", AGAIN, query="?dry_run=true", If_Match='"1"').status_code == 200
    assert desk.read()["ETag"] == '"1"'


@pytest.mark.parametrize("tag", ["x", "3", 'W/"1"', '"-1"', '"1",', "", '"1" "2"', '"\u0661"'])
@pytest.mark.parametrize("header", ["If_Match", "If_None_Match"])
def test_what_is_no_precondition_is_refused(desk: Desk, header: str, tag: str) -> None:
    answer = desk.ask("put", ENTRY, **{header: tag})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert not Prediction.objects.filter(player__handle="bob").exists()


def test_reading_under_a_condition_is_refused_as_a_problem(desk: Desk) -> None:
    desk.ask("post", ENTRY)
    answer = desk.read(If_Match='"9"')
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
