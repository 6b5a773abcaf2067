"""First words racing the lock through the whole application, and each other.

Run as a script on an empty migrated database: prints what was answered and what is stored.
"""

import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from django.test import Client  # noqa: E402 -- Django first
from django.utils import timezone  # noqa: E402

from league import transitions  # noqa: E402
from league.models import Round  # noqa: E402
from league.models.round import Status  # noqa: E402
from league.transitions import Step  # noqa: E402
from predictions.models import Prediction, Revision  # noqa: E402
from tests import disk  # noqa: E402
from tests.api import world as worlds  # noqa: E402

SENDERS = 6
ENTRY = {"form": "prob_up", "prob_up": "0.6"}
Told = list[tuple[int, str]]


@dataclass(frozen=True)
class Sender:
    handle: str
    secret: str

    def post(self, path: str, body: Any) -> tuple[int, str]:
        answer = Client(SERVER_NAME="localhost").post(
            path, body, "application/json", headers={"Authorization": f"Bearer {self.secret}"}
        )
        return answer.status_code, self.handle

    def enter(self, round_: Round) -> Told:
        return [self.post(f"/api/v1/rounds/{round_.pk}/prediction", ENTRY)]

    def enter_all(self, rounds: list[Round]) -> Told:
        items = [{"round": str(round_.pk)} | ENTRY for round_ in rounds]
        return [self.post("/api/v1/predictions/bulk", {"items": items})]


def lock(round_: Round, *, after_s: float) -> list[str]:
    """What the round holds in the moment after its lock has committed."""
    time.sleep(after_s)
    assert transitions.move(round_, Step(Status.LOCKED, at=timezone.now()))
    rows = Prediction.objects.filter(round=round_)
    return sorted(rows.values_list("player__handle", flat=True))


def race_the_lock(world: worlds.World, senders: list[Sender]) -> list[dict[str, Any]]:
    found = []
    for number in range(12):
        round_ = worlds.make_round(
            world.season, locks_at=world.now + timedelta(minutes=40, seconds=number)
        )
        told = disk.race(
            partial(lock, round_, after_s=0.004 * number),
            *[partial(sender.enter, round_) for sender in senders],
        )
        answers = [each for entered in told[1:] for each in as_told(entered)]
        stored = Prediction.objects.filter(round=round_)
        found.append(
            {
                "accepted": sorted(handle for status, handle in answers if status == 201),
                "statuses": sorted({status for status, _ in answers}),
                "locked_in": told[0],
                "stored": sorted(stored.values_list("player__handle", flat=True)),
            }
        )
    return found


def as_told(entered: Any) -> Told:
    assert isinstance(entered, list), entered
    return entered


def race_oneself(world: worlds.World, sender: Sender) -> dict[str, Any]:
    """The same player's first word, sent from several places at once."""
    round_ = worlds.make_round(world.season, locks_at=world.now + timedelta(minutes=41))
    told = disk.race(*[partial(sender.enter, round_)] * SENDERS)
    row = Prediction.objects.get(round=round_)
    return {
        "statuses": sorted(status for entered in told for status, _ in as_told(entered)),
        "revision": row.revision,
        "archived": Revision.objects.filter(prediction=row).count(),
    }


def race_in_bulk(world: worlds.World, sender: Sender) -> dict[str, Any]:
    """The same rounds in opposite orders: nobody waits crosswise."""
    rounds = [
        worlds.make_round(world.season, locks_at=world.now + timedelta(minutes=42, seconds=number))
        for number in range(20)
    ]
    orders = [rounds, rounds[::-1]] * (SENDERS // 2)
    told = disk.race(*[partial(sender.enter_all, order) for order in orders])
    rows = Prediction.objects.filter(round__in=rounds)
    return {
        "statuses": sorted(status for entered in told for status, _ in as_told(entered)),
        "revisions": sorted(set(rows.values_list("revision", flat=True))),
        "rows": rows.count(),
        "archived": Revision.objects.filter(prediction__round__in=rounds).count(),
    }


if __name__ == "__main__":
    world = worlds.build(timezone.now().replace(microsecond=0))
    people = [worlds.person(f"racer-{number}", now=world.now) for number in range(SENDERS)]
    senders = [Sender(player.handle, secret) for player, secret in people]
    # The application is loaded before threads ask for it.
    assert Client(SERVER_NAME="localhost").get("/livez").status_code == 200
    facts = {
        "lock": race_the_lock(world, senders),
        "oneself": race_oneself(world, senders[0]),
        "bulk": race_in_bulk(world, senders[0]),
    }
    sys.stdout.write(json.dumps(facts))
