"""Many predictions in one request: all or nothing, by pointer, at one price in statements."""

import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chain import schema
from league import gate, keys
from league.answers import UNKEYED
from league.clock import DATABASE
from league.models import Player, Round, Season
from predictions import bulk, entry_forms, leaves, submissions, words
from predictions.bulk import Item
from predictions.models import Prediction, Revision
from predictions.words import Seal
from tests import factories

pytestmark = pytest.mark.django_db
ENTRY = {"form": "quantiles", "basis": "return", "p10": "-60", "p50": "1.25", "p90": "60"}
CHANCE = {"form": "prob_up", "prob_up": "0.6"}


@dataclass(frozen=True)
class Scene:
    season: Season
    rounds: list[Round]
    player: Player
    secret: str

    def post(self, items: Any, *, query: str = "", key: str | None = None) -> Any:
        return self.post_whole({"items": items}, query=query, key=key)

    def post_whole(self, body: Any, *, query: str = "", key: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.secret}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        path = f"/api/v1/predictions/bulk{query}"
        return Client().post(path, json.dumps(body), "application/json", headers=headers)

    def items(self, count: int, entry: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        return [{"round": str(round_.pk)} | (entry or ENTRY) for round_ in self.rounds[:count]]


@pytest.fixture
def scene() -> Scene:
    now = gate.database_now().replace(microsecond=0)
    season = factories.season(now=now)
    locks = [now + timedelta(minutes=30, seconds=number) for number in range(12)]
    rounds = [factories.opened(factories.round_of(season, locks_at=lock)) for lock in locks]
    factories.history(until=now)
    player = factories.human("ada")
    return Scene(season, rounds, player, keys.issue(player=player, now=now).secret)


def nothing_written() -> bool:
    return not Prediction.objects.exists() and not Revision.objects.exists()


def pointers(answer: Any) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


# -- accepted -------------------------------------------------------------------------------------
def test_every_item_is_entered_and_answered_in_order(scene: Scene) -> None:
    before = gate.database_now()
    items = list(reversed(scene.items(5)))
    answer = scene.post(items)
    assert answer.status_code == 201, answer.content
    made = answer.json()["items"]
    assert [each["prediction"]["round"] for each in made] == [each["round"] for each in items]
    rows = Prediction.objects.select_related("player", "round__season")
    assert rows.count() == 5
    assert len({row.accepted_at for row in rows}) == 1
    for row in rows:
        assert before <= row.accepted_at <= gate.database_now()
        assert (row.revision, row.is_withdrawn, str(row.p50)) == (1, False, "1.25000000")
        assert_sealed(row)


def assert_sealed(row: Prediction) -> None:
    entry = words.committed(
        round_=row.round,
        player=row.player,
        entry=leaves.word_of(row),
        seal=Seal(row.revision, bytes(row.payload_hash), bytes(row.salt)),
    )
    assert bytes(row.digest) == schema.prediction_digest(entry)


def test_it_answers_what_one_request_each_would(scene: Scene) -> None:
    single = Client().post(
        f"/api/v1/rounds/{scene.rounds[0].pk}/prediction", json.dumps(ENTRY), "application/json",
        headers={"Authorization": f"Bearer {scene.secret}"},
    )  # fmt: skip
    many = scene.post(scene.items(2)[1:])
    one, other = single.json(), many.json()["items"][0]
    assert (
        single.json()["acknowledgement"]["operator"] == many.json()["acknowledgement"]["operator"]
    )
    del one["acknowledgement"]  # theirs is of all together
    for changing in ("id", "round", "accepted_at"):
        del one["prediction"][changing], other["prediction"][changing]
    assert one == other


def test_later_words_revise_and_keep_the_earlier_ones(scene: Scene) -> None:
    scene.post(scene.items(3))
    submissions.withdraw(round_id=scene.rounds[0].pk, player=scene.player, clock=DATABASE)
    answer = scene.post(scene.items(6, CHANCE))
    assert answer.status_code == 200
    revisions = [each["prediction"]["revision"] for each in answer.json()["items"]]
    assert revisions == [3, 2, 2, 1, 1, 1]
    for row in Prediction.objects.select_related("player", "round__season"):
        assert (row.form, row.is_withdrawn) == ("prob_up", False)
        assert_sealed(row)
    kept = Revision.objects.order_by("revision", "pk").values_list("form", "revision")
    assert list(kept) == [("quantiles", 1)] * 3 + [("quantiles", 2)]
    assert Revision.objects.get(revision=2).is_withdrawn is True


def test_a_dry_run_answers_quantiles_and_writes_nothing(scene: Scene) -> None:
    answer = scene.post(scene.items(3), query="?dry_run=true")
    assert answer.status_code == 200
    assert [each["prediction"] for each in answer.json()["items"]] == [None] * 3
    assert nothing_written()
    entered = scene.post(scene.items(3)).json()["items"]
    assert [each["quantiles"] for each in entered] == [
        each["quantiles"] for each in answer.json()["items"]
    ]


def test_one_key_one_effect_one_answer(scene: Scene) -> None:
    first = scene.post(scene.items(3), key="one")
    again = scene.post(scene.items(3), key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again["Idempotency-Replayed"], again.content) == ("true", first.content)
    assert set(Prediction.objects.values_list("revision", flat=True)) == {1}
    other = scene.post(scene.items(2), key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


# -- refused, and nothing is written --------------------------------------------------------------
def test_every_item_at_fault_is_pointed_at(scene: Scene) -> None:
    items = scene.items(8)
    items[1]["p50"] = "1_000"
    items[2]["salt"] = "x"
    del items[3]["p90"]
    items[4]["round"] = "not-a-round"
    del items[5]["round"]
    items[6] = {"round": items[6]["round"].upper().replace("-", ""), "form": "line"}
    items[7]["round"] = items[0]["round"].replace("-", "")
    answer = scene.post([*items, "text", None])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert pointers(answer) == [
        ("/items/1/p50", "invalid"),
        ("/items/2/salt", "unknown_field"),
        ("/items/3/p90", "invalid"),
        ("/items/4/round", "invalid"),
        ("/items/5/round", "required"),
        ("/items/6/form", "invalid_choice"),
        ("/items/7/round", "duplicate"),
        ("/items/8", "invalid"),
        ("/items/9", "null"),
    ]
    assert nothing_written()


def test_numbers_no_prediction_can_hold(scene: Scene) -> None:
    items = scene.items(3)
    items[0] |= {"p10": "61", "p90": "-61"}
    items[2] = {"round": items[2]["round"], "form": "prob_up", "prob_up": "0.99"}
    answer = scene.post(items)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_entry")
    assert pointers(answer) == [("/items/0/p50", "unsorted"), ("/items/2/prob_up", "out_of_range")]
    assert nothing_written()


def test_too_far_is_said_of_each(scene: Scene) -> None:
    items = scene.items(3)
    items[1]["p90"] = "300.01"
    answer = scene.post(items)
    assert (answer.status_code, answer.json()["code"]) == (400, "entry_too_far")
    assert pointers(answer) == [("/items/1/p90", "too_far")]
    assert nothing_written()


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_one_round_that_is_not_open_refuses_all(scene: Scene, query: str) -> None:
    Round.objects.filter(pk=scene.rounds[1].pk).update(status="locked")
    answer = scene.post(scene.items(3), query=query)
    assert (answer.status_code, answer.json()["code"]) == (409, "round_not_open")
    assert pointers(answer) == [("/items/1/round", "round_not_open")]
    assert nothing_written()


def test_a_lock_that_has_passed_refuses_all_before_the_sweep_has_run(scene: Scene) -> None:
    now = gate.database_now().replace(microsecond=0)
    Round.objects.filter(pk=scene.rounds[2].pk).update(
        opens_at=now - timedelta(hours=1), locks_at=now
    )
    answer = scene.post(scene.items(3))
    assert pointers(answer) == [("/items/2/round", "round_not_open")]
    assert nothing_written()


def test_rounds_that_are_unknown_or_hidden_are_not_found(scene: Scene) -> None:
    hidden = factories.season(factories.league(slug="hidden", visibility="private"), slug="hidden")
    round_ = factories.opened(
        factories.round_of(hidden, locks_at=timezone.now().replace(microsecond=0))
    )
    items = scene.items(3)
    items[0]["round"], items[2]["round"] = str(round_.pk), "0193f8a0-0000-7000-8000-000000000000"
    answer = scene.post(items)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert pointers(answer) == [("/items/0/round", "not_found"), ("/items/2/round", "not_found")]
    assert nothing_written()


@pytest.mark.parametrize(
    "body", [{}, {"items": []}, {"items": {}}, {"items": None}, [], None, {"items": [], "x": 1}]
)
def test_a_body_without_items_is_refused(scene: Scene, body: Any) -> None:
    answer = scene.post_whole(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert nothing_written()


def test_more_than_five_hundred_are_refused(scene: Scene) -> None:
    answer = scene.post([{}] * 501)
    assert pointers(answer) == [("/items", "invalid")]


def test_it_needs_an_identity_that_may_predict(scene: Scene) -> None:
    body = json.dumps({"items": scene.items(1)})
    asked = Client().post("/api/v1/predictions/bulk", body, "application/json")
    assert asked.status_code == 401
    reader = keys.issue(player=scene.player, now=timezone.now(), scopes=["read"]).secret
    answer = Scene(scene.season, scene.rounds, scene.player, reader).post(scene.items(1))
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    Player.objects.update(is_active=False)
    assert scene.post(scene.items(1)).status_code == 401
    assert nothing_written()


def test_a_suspended_player_enters_nothing(scene: Scene) -> None:
    Player.objects.update(is_active=False)
    scene.player.refresh_from_db()
    entry = entry_forms.point(Decimal(0), basis="return")
    items = [Item(scene.rounds[0].pk, entry)]
    batch = bulk.check(items, player=scene.player, now=timezone.now())
    with pytest.raises(submissions.PlayerSuspended):
        bulk.enter(batch, player=scene.player, once=UNKEYED)
    assert nothing_written()


# -- what it costs --------------------------------------------------------------------------------
def statements(scene: Scene, items: list[dict[str, Any]]) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert scene.post(items).status_code in {200, 201}
    return len(captured)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite writes row by row")
def test_many_items_take_as_many_statements_as_one(scene: Scene) -> None:
    scene.post(scene.items(1))
    assert statements(scene, scene.items(2)[1:]) == statements(scene, scene.items(12)[2:])
    assert statements(scene, scene.items(1)) == statements(scene, scene.items(12))
