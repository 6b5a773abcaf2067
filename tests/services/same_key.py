"""Many requests under one Idempotency-Key at once, through the whole application.

Run as a script on an empty migrated database: plays each scene with a player and round of its own,
and prints what every request was answered and what the database then holds.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from django.db import connection, transaction  # noqa: E402 -- Django first
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from league.models import Answer, Player, Round  # noqa: E402
from predictions.models import Prediction, Revision  # noqa: E402
from tests import disk  # noqa: E402
from tests.api import world as worlds  # noqa: E402

RACERS = 16
Told = dict[str, Any]


@dataclass(frozen=True)
class Sender:
    """A player with a key, and the round all of its requests are about."""

    player: Player
    secret: str
    round_: Round

    def post(self, prob_up: str = "0.6") -> Told:
        answer = Client(SERVER_NAME="localhost", raise_request_exception=False).post(
            f"/api/v1/rounds/{self.round_.pk}/prediction",
            {"form": "prob_up", "prob_up": prob_up},
            "application/json",
            headers={"Authorization": f"Bearer {self.secret}", "Idempotency-Key": "one"},
        )
        return {
            "status": answer.status_code,
            "is_replay": answer.headers.get("Idempotency-Replayed") == "true",
            "code": answer.json().get("code"),
            "body": answer.content.decode(),
        }


# -- the scenes -----------------------------------------------------------------------------------
def one_body(sender: Sender) -> list[Any]:
    return disk.race(*[sender.post] * RACERS)


def many_bodies(sender: Sender) -> list[Any]:
    chances = [f"0.{30 + number}" for number in range(RACERS)]
    return disk.race(*[partial(sender.post, chance) for chance in chances])


def closed_round(sender: Sender) -> list[Any]:
    Round.objects.filter(pk=sender.round_.pk).update(status="locked")
    return disk.race(*[sender.post] * RACERS)


def slow_first(sender: Sender) -> list[Any]:
    """PostgreSQL: the first is held up at the round's row; the second will not wait for it."""
    held: list[bool] = []
    refused: list[Told] = []

    def hold() -> Told:
        with transaction.atomic():
            Round.objects.select_for_update().get(pk=sender.round_.pk)
            held.append(True)
            wait_for(lambda: bool(refused))
        return {}

    def patient() -> Told:
        wait_for(lambda: bool(held))
        willing_to_wait("9s")
        return sender.post()

    def impatient() -> Told:
        wait_for(is_anybody_waiting)
        willing_to_wait("200ms")
        refused.append(sender.post())
        return refused[-1]

    _, first, second = disk.race(hold, patient, impatient)
    return [first, second, sender.post()]


def willing_to_wait(duration: str) -> None:
    """For a lock, in this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [duration])


def is_anybody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 8  # a transaction may be idle for ten
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)


def play(scene: Callable[[Sender], list[Any]], sender: Sender) -> dict[str, Any]:
    before = set(Answer.objects.values_list("pk", flat=True))
    told = scene(sender)
    mine = Prediction.objects.filter(round=sender.round_, player=sender.player)
    kept = Answer.objects.exclude(pk__in=before)
    return {
        "answers": [row if isinstance(row, dict) else {"raised": repr(row)} for row in told],
        "revisions": list(mine.values_list("revision", flat=True)),
        "archived": Revision.objects.filter(prediction__in=mine).count(),
        "kept": list(kept.values_list("status", flat=True)),
    }


if __name__ == "__main__":
    scenes = [one_body, many_bodies, closed_round]
    if connection.vendor == "postgresql":
        scenes.append(slow_first)
    Client().get("/livez")  # whoever comes first loads what all share
    now = timezone.now().replace(microsecond=0)
    built = worlds.build(now)
    facts = {}
    for number, scene in enumerate(scenes):
        round_ = worlds.make_round(built.season, locks_at=now + timedelta(minutes=40 + number))
        sender = Sender(*worlds.person(f"sender-{number}", now=now), round_)
        facts[scene.__name__] = play(scene, sender)
    sys.stdout.write(json.dumps(facts))
