"""A first word in one statement: what it accepts, what it never accepts, and what it costs."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chain import acknowledgements, schema
from league import frames, gate, keys, memories
from league.models import ApiKey, League, Player, Round
from predictions import acceptances, leaves, words
from predictions import serializers as shapes
from predictions.models import Prediction, Revision
from predictions.words import Seal
from tests import factories

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ENTRY = {"form": "quantiles", "basis": "return", "p10": "-60", "p50": "1.25", "p90": "60"}


@dataclass(frozen=True)
class Scene:
    round_: Round
    player: Player
    secret: str

    def post(self, body: Any = ENTRY, *, method: str = "post", path: str = "", **more: str) -> Any:
        headers = {"Authorization": f"Bearer {self.secret}"} | more
        address = f"/api/v1/rounds/{self.round_.pk}/prediction{path}"
        return getattr(Client(), method)(
            address, json.dumps(body), "application/json", headers=headers
        )

    def warm(self) -> None:
        """Another round of the same market has been predicted by the same key just now."""
        other = round_in(self.round_.season, minutes=45)
        Scene(other, self.player, self.secret).post()
        self.post({"form": "line"})  # refused, but the round is known now


def round_in(season: Any, *, minutes: int) -> Round:
    now = gate.database_now().replace(microsecond=0)
    lock = now + timedelta(minutes=minutes)
    return factories.opened(factories.round_of(season, locks_at=lock))


@pytest.fixture
def scene() -> Scene:
    now = gate.database_now().replace(microsecond=0)
    round_ = round_in(factories.season(now=now), minutes=30)
    factories.history(until=now)
    user = User.objects.create_user(username="ada")
    player = Player.objects.get(pk=factories.human("ada").pk)
    Player.objects.filter(pk=player.pk).update(user=user)
    player.refresh_from_db()
    return Scene(round_, player, keys.issue(player=player, now=now).secret)


def counted(act: Callable[[], Any]) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as captured:
        answer = act()
    return answer, len(captured)


# -- what it costs --------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["post", "put"])
def test_a_warm_first_word_is_one_statement(scene: Scene, method: str) -> None:
    scene.warm()
    answer, statements = counted(lambda: scene.post(method=method))
    assert (answer.status_code, statements) == (201, 1)
    assert Prediction.objects.filter(round=scene.round_).count() == 1


def test_a_key_and_a_round_never_seen_before_are_two_more(scene: Scene) -> None:
    scene.warm()
    newcomer = factories.human("bela")
    secret = keys.issue(player=newcomer, now=timezone.now()).secret
    keys.verify(secret, now=timezone.now())  # the first use within an hour is noted: one more
    fresh = Scene(round_in(scene.round_.season, minutes=20), newcomer, secret)
    answer, statements = counted(fresh.post)
    assert (answer.status_code, statements) == (201, 3)


def test_a_refusal_comes_after_key_and_round_were_asked_about_again(scene: Scene) -> None:
    scene.warm()
    answer, statements = counted(lambda: scene.post({"form": "point", "point": "1_000"}))
    assert (answer.status_code, answer.json()["code"], statements) == (400, "invalid", 2)


# -- what it writes -------------------------------------------------------------------------------
def test_the_row_is_what_the_ordinary_way_writes(scene: Scene) -> None:
    scene.warm()
    before = gate.database_now()
    answer = scene.post()
    row = Prediction.objects.select_related("player", "round__season").get(round=scene.round_)
    assert before <= row.accepted_at <= gate.database_now()
    assert (row.revision, row.is_withdrawn, row.reasoning, row.as_of) == (1, False, "", None)
    assert [str(value) for value in (row.p10, row.p50, row.p90)] == [
        "-60.00000000", "1.25000000", "60.00000000",
    ]  # fmt: skip
    entry = words.committed(
        round_=row.round,
        player=row.player,
        entry=leaves.word_of(row),
        seal=Seal(1, bytes(row.payload_hash), bytes(row.salt)),
    )
    assert bytes(row.digest) == schema.prediction_digest(entry)
    assert answer.json()["prediction"]["id"] == str(row.pk)


def test_the_answer_is_the_serializers(scene: Scene) -> None:
    scene.warm()
    answer = scene.post()
    row = Prediction.objects.select_related("player").get(round=scene.round_)
    quantiles = {name: answer.json()["quantiles"][name] for name in ("p10", "p50", "p90")}
    promise = acknowledgements.one(bytes(row.digest), at=row.accepted_at)
    body = {"prediction": row, "quantiles": quantiles, "acknowledgement": promise}
    shown = acceptances.AcceptedSerializer(body).data
    assert answer.json() == json.loads(json.dumps(shown))
    row.as_of = row.accepted_at.replace(microsecond=0)
    assert acceptances.accepted(
        row, frames.recent(scene.round_, now=timezone.now()).house_prices()
    )["prediction"] == json.loads(json.dumps(shapes.PredictionSerializer(row).data))


def test_a_second_word_revises_the_first(scene: Scene) -> None:
    scene.warm()
    first, second = scene.post(), scene.post({"form": "prob_up", "prob_up": "0.6"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["prediction"]["id"] == first.json()["prediction"]["id"]
    assert second.json()["prediction"]["revision"] == 2
    assert Revision.objects.filter(prediction__round=scene.round_).count() == 1


@pytest.mark.parametrize(("point", "status"), [("299.99", 201), ("300.01", 400)])
def test_six_sigma_is_the_limit_here_too(scene: Scene, point: str, status: int) -> None:
    scene.warm()
    levels = dict.fromkeys(("p10", "p50", "p90"), point)
    answer = scene.post({"form": "quantiles", "basis": "return"} | levels)
    assert answer.status_code == status
    assert answer.json().get("code") in {None, "entry_too_far"}
    assert Prediction.objects.filter(round=scene.round_).exists() is (status == 201)


# -- what it never accepts, whatever this process remembers --------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        lambda _: ApiKey.objects.update(revoked_at=timezone.now()),
        lambda _: ApiKey.objects.update(expires_at=timezone.now()),
        lambda _: ApiKey.objects.all().delete(),
        lambda _: Player.objects.update(is_active=False),
        lambda _: User.objects.update(is_active=False),
    ],
    ids=["revoked", "expired", "deleted", "suspended", "closed"],
)
def test_an_identity_that_ended_elsewhere_writes_nothing_more(
    scene: Scene, change: Callable[[Scene], Any]
) -> None:
    scene.warm()
    change(scene)
    answer = scene.post()
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
    assert not Prediction.objects.filter(round=scene.round_).exists()


def test_a_league_made_private_is_not_found_at_once(scene: Scene) -> None:
    scene.warm()
    League.objects.update(visibility="private")
    assert scene.post().status_code == 404
    assert not Prediction.objects.filter(round=scene.round_).exists()


@pytest.mark.parametrize("status", ["locked", "void", "scheduled"])
def test_a_round_that_moved_on_takes_nothing(scene: Scene, status: str) -> None:
    scene.warm()
    Round.objects.filter(pk=scene.round_.pk).update(status=status)
    answer = scene.post()
    assert (answer.status_code, answer.json()["code"]) == (409, "round_not_open")
    assert not Prediction.objects.filter(round=scene.round_).exists()


@pytest.mark.parametrize("way", ["warm", "cold"])
def test_a_lock_that_has_passed_takes_nothing_before_the_sweep_has_run(
    scene: Scene, way: str
) -> None:
    if way == "warm":
        scene.warm()
    now = gate.database_now().replace(microsecond=0)
    Round.objects.filter(pk=scene.round_.pk).update(opens_at=now - HOUR, locks_at=now)
    answer = scene.post()
    assert (answer.status_code, answer.json()["code"]) == (409, "round_not_open")
    assert not Prediction.objects.filter(round=scene.round_).exists()


def test_a_digest_is_never_made_of_times_that_changed(scene: Scene) -> None:
    """The remembered round is not the stored one any more: the ordinary way reads it anew."""
    scene.warm()
    Round.objects.filter(pk=scene.round_.pk).update(
        locks_at=scene.round_.locks_at + timedelta(minutes=1)
    )
    Player.objects.update(handle="ada-lovelace")
    assert scene.post().status_code == 201
    row = Prediction.objects.select_related("player", "round__season").get(round=scene.round_)
    entry = words.committed(
        round_=row.round,
        player=row.player,
        entry=leaves.word_of(row),
        seal=Seal(1, bytes(row.payload_hash), bytes(row.salt)),
    )
    assert bytes(row.digest) == schema.prediction_digest(entry)


# -- and what goes the ordinary way ---------------------------------------------------------------
def test_a_dry_run_or_a_keyed_request_is_not_hurried(scene: Scene) -> None:
    scene.warm()
    dry = scene.post(path="?dry_run=true")
    assert (dry.status_code, dry.json()["prediction"]) == (200, None)
    keyed = [scene.post(**{"Idempotency-Key": "one"}) for _ in range(2)]
    assert [answer.status_code for answer in keyed] == [201, 201]
    assert keyed[1]["Idempotency-Replayed"] == "true"
    assert Prediction.objects.filter(round=scene.round_).count() == 1


def test_a_remembered_key_may_do_nothing_else(scene: Scene) -> None:
    scene.warm()
    ApiKey.objects.update(revoked_at=timezone.now())
    for method, path in (("delete", ""), ("post", "?dry_run=true")):
        assert scene.post(method=method, path=path).status_code == 401, method
    address = f"/api/v1/rounds/{scene.round_.pk}/prediction"
    asked = Client().get(address, headers={"Authorization": f"Bearer {scene.secret}"})
    assert asked.status_code == 401
    assert scene.post(**{"Idempotency-Key": "one"}).status_code == 401


def test_the_frame_is_shared_for_some_seconds_and_no_longer(scene: Scene) -> None:
    now = timezone.now()
    first = frames.recent(scene.round_, now=now)
    _, statements = counted(lambda: frames.recent(scene.round_, now=now + timedelta(seconds=4.9)))
    assert statements == 0
    again, statements = counted(
        lambda: frames.recent(scene.round_, now=now + timedelta(seconds=5))
    )
    assert statements > 0
    assert again.sigma_bp == first.sigma_bp
    memories.forget()
    assert counted(lambda: frames.recent(scene.round_, now=now))[1] > 0
