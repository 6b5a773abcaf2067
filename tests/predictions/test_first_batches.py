"""First words on many rounds in one statement: what it costs, and what it never accepts."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chain import schema
from league import gate, keys
from league.models import ApiKey, League, Player, Round
from predictions import entry_forms, leaves, words
from predictions import serializers as shapes
from predictions.models import Prediction, Revision
from predictions.words import Seal
from tests import factories
from tests.services import servers

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no arrays"),
]
ENTRIES: list[dict[str, Any]] = [
    {"form": "quantiles", "basis": "return", "p10": "-60", "p50": "1.25", "p90": "60"},
    {"form": "prob_up", "prob_up": "0.6"},
    {"form": "point", "basis": "return", "point": "12.5"},
    {"form": "prob_up", "prob_up": "0.5"},
]


@dataclass(frozen=True)
class Scene:
    rounds: list[Round]
    player: Player
    secret: str

    def post(self, rounds: list[Round]) -> Any:
        items = [
            {"round": str(round_.pk)} | ENTRIES[place % len(ENTRIES)]
            for place, round_ in enumerate(rounds)
        ]
        return Client().post(
            "/api/v1/predictions/bulk",
            json.dumps({"items": items}),
            "application/json",
            headers={"Authorization": f"Bearer {self.secret}"},
        )

    def warm(self) -> list[Round]:
        """Another player has entered the same rounds, and this one another. The rounds."""
        other = factories.human("bela")
        secret = keys.issue(player=other, now=timezone.now()).secret
        assert Scene(self.rounds, other, secret).post(self.rounds[1:]).status_code == 201
        assert self.post(self.rounds[:1]).status_code == 201
        return self.rounds[1:]

    def mine(self) -> int:
        return Prediction.objects.filter(player=self.player).count()


@pytest.fixture
def scene() -> Scene:
    now = gate.database_now().replace(microsecond=0)
    season = factories.season(now=now)
    locks = [now + timedelta(minutes=30, seconds=number) for number in range(9)]
    rounds = [factories.opened(factories.round_of(season, locks_at=lock)) for lock in locks]
    factories.history(until=now)
    user = User.objects.create_user(username="ada")
    player = factories.human("ada")
    Player.objects.filter(pk=player.pk).update(user=user)
    player.refresh_from_db()
    return Scene(rounds, player, keys.issue(player=player, now=now).secret)


def counted(act: Callable[[], Any]) -> tuple[Any, int]:
    """What it answered, and its statements but those of the test's own transaction."""
    with CaptureQueriesContext(connection) as captured:
        answer = act()
    said = [str(query["sql"]) for query in captured]
    return answer, sum("SAVEPOINT" not in each for each in said)


def test_many_are_one_statement_and_rounds_never_seen_one_more(scene: Scene) -> None:
    fresh = scene.warm()
    answer, statements = counted(lambda: scene.post(fresh[:5]))
    assert (answer.status_code, statements) == (201, 1)
    gate_now = gate.database_now().replace(microsecond=0)
    lock = gate_now + timedelta(minutes=20)
    unseen = factories.opened(factories.round_of(fresh[0].season, locks_at=lock))
    answer, statements = counted(lambda: scene.post([unseen, *fresh[5:]]))
    assert (answer.status_code, statements) == (201, 2)
    assert scene.mine() == 1 + len(fresh) + 1


def test_the_rows_and_the_answer_are_what_the_ordinary_way_makes(scene: Scene) -> None:
    fresh = scene.warm()
    before = gate.database_now()
    answer = scene.post(list(reversed(fresh))).json()["items"]
    rows = Prediction.objects.select_related("player", "round__season").filter(
        player=scene.player, round__in=fresh
    )
    by_round = {str(row.round_id): row for row in rows}
    assert [each["prediction"]["round"] for each in answer] == [
        str(round_.pk) for round_ in reversed(fresh)
    ]
    assert len({row.accepted_at for row in rows}) == 1
    assert len({bytes(row.salt) for row in rows}) == len(fresh)
    for each in answer:
        row = by_round[each["prediction"]["round"]]
        assert before <= row.accepted_at <= gate.database_now()
        entry = words.committed(
            round_=row.round,
            player=row.player,
            entry=leaves.word_of(row),
            seal=Seal(1, bytes(row.payload_hash), bytes(row.salt)),
        )
        assert bytes(row.digest) == schema.prediction_digest(entry)
        assert each["prediction"] == json.loads(json.dumps(shapes.PredictionSerializer(row).data))


def test_one_word_that_stands_already_sends_all_the_ordinary_way(scene: Scene) -> None:
    fresh = scene.warm()
    assert scene.post(fresh[2:3]).status_code == 201
    answer = scene.post(fresh)
    revisions = [each["prediction"]["revision"] for each in answer.json()["items"]]
    assert (answer.status_code, revisions) == (200, [1, 1, 2, 1, 1, 1, 1, 1])
    assert Revision.objects.count() == 1


def shut(scene: Scene) -> None:
    Round.objects.filter(pk=scene.rounds[3].pk).update(status="locked")


def hide(scene: Scene) -> None:
    del scene
    League.objects.update(visibility=League.Visibility.PRIVATE)


def revoke(scene: Scene) -> None:
    ApiKey.objects.filter(player=scene.player).update(revoked_at=timezone.now())


def suspend(scene: Scene) -> None:
    Player.objects.filter(pk=scene.player.pk).update(is_active=False)


def close(scene: Scene) -> None:
    del scene
    User.objects.update(is_active=False)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (shut, 409, "round_not_open"),
        (hide, 404, "not_found"),
        (revoke, 401, "authentication_failed"),
        (suspend, 401, "authentication_failed"),
        (close, 401, "authentication_failed"),
    ],
)
def test_what_changed_since_it_was_remembered_is_noticed(
    scene: Scene, change: Callable[[Scene], None], status: int, code: str
) -> None:
    fresh = scene.warm()
    change(scene)
    answer = scene.post(fresh)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert scene.mine() == 1


def test_a_round_that_is_not_what_was_remembered_is_sealed_as_it_is(scene: Scene) -> None:
    fresh = scene.warm()
    later = fresh[4].settles_at + timedelta(hours=1)
    Round.objects.filter(pk=fresh[4].pk).update(settles_at=later)
    assert scene.post(fresh).status_code == 201
    row = Prediction.objects.select_related("player", "round__season").get(
        player=scene.player, round=fresh[4]
    )
    entry = words.committed(
        round_=row.round,
        player=row.player,
        entry=leaves.word_of(row),
        seal=Seal(1, bytes(row.payload_hash), bytes(row.salt)),
    )
    assert bytes(row.digest) == schema.prediction_digest(entry)


@pytest.mark.django_db(transaction=True)
def test_a_word_that_comes_in_between_is_revised(scene: Scene) -> None:
    """The statement saw none, waits for the other request's commit, and then writes nothing."""
    fresh = scene.warm()
    answers: list[Any] = []
    waiting = threading.Thread(target=lambda: answers.append(posted(scene, fresh)))
    with transaction.atomic():
        entry = entry_forms.prob_up(Decimal("0.6"))
        word = words.Word(fresh[3], scene.player, entry, None, gate.database_now())
        Prediction.objects.create(
            round=fresh[3], player=scene.player, revision=1, **word.columns(revision=1)
        )
        waiting.start()
        servers.until(is_somebody_waiting, within_s=20, what="the second request waits")
    waiting.join(timeout=20)
    revisions = [each["prediction"]["revision"] for each in answers[0].json()["items"]]
    assert (answers[0].status_code, revisions) == (200, [1, 1, 1, 2, 1, 1, 1, 1])
    assert scene.mine() == 1 + len(fresh)


def posted(scene: Scene, rounds: list[Round]) -> Any:
    try:
        return scene.post(rounds)
    finally:
        connection.close()


def is_somebody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])
