"""Clients submit across the lock instants of many rounds while sweeps lock and commit them.

Run as a script on an empty migrated database, with a seed, the number of rounds and of clients,
and the port of a web server that the last quarter of the clients go through. Prints what was
acknowledged and refused, and what the database says of it. Locks need not be whole minutes here:
the prices, which need it, are the script's own.
"""

import http.client
import json
import os
import random
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from itertools import count, groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from django.contrib.auth.models import User  # noqa: E402 -- Django first

from config import invariants  # noqa: E402
from league import keys, players, rounds  # noqa: E402
from league.clock import DATABASE  # noqa: E402
from league.models import Player, Round  # noqa: E402
from markets import bars  # noqa: E402
from predictions import commitments, entry_forms, submissions  # noqa: E402
from predictions.models import Commitment, Prediction, Revision, Score  # noqa: E402
from predictions.scoring import grading  # noqa: E402
from tests import factories  # noqa: E402
from tests.chaos import children  # noqa: E402

HOUR = timedelta(hours=1)
SECOND, LEAD = timedelta(seconds=1), timedelta(seconds=8)
A_SECOND = 4  # rounds that lock together: their instants are whole seconds
SWEEPERS = 2
EARLIEST_S = 0.2  # before the lock: after its first word a client waits until about then
PAUSE_S = 0.02  # between two passes, at most: the clients shall not keep step
# Of hand-made prices there is no evidence to check.
CHECKS = frozenset({"I1", "I2", "I4", "I5", "I7", "I8", "I9", "I16"})
Word = tuple[str, str, int]  # round, handle, revision


@dataclass(frozen=True)
class Client:
    handle: str
    secret: str
    port: int  # 0: straight into the domain

    def enter(self, round_id: str, point: int) -> int | None:
        """The revision acknowledged; None: the round is not open."""
        if self.port:
            return self._post(round_id, point)
        entry = entry_forms.point(Decimal(point), basis=entry_forms.RETURN)
        try:
            accepted = submissions.enter(
                round_id=UUID(round_id), player=player_of(self.handle), entry=entry, clock=DATABASE
            )
        except submissions.RoundNotOpen:
            return None
        return accepted.prediction.revision

    def _post(self, round_id: str, point: int) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {
            "Authorization": f"Bearer {self.secret}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"{round_id}-{point}",
        }
        body = json.dumps({"form": "point", "basis": "return", "point": str(point)})
        try:
            path = f"/api/v1/rounds/{round_id}/prediction"
            connection.request("POST", path, body=body, headers=headers)
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if answer.get("code") == "round_not_open":
            return None
        revision: int = answer["prediction"]["revision"]
        return revision


@cache
def player_of(handle: str) -> Player:
    return Player.objects.get(handle=handle)


# -- the race ------------------------------------------------------------------------------------
def race(client: Client, *, locks: list[tuple[str, float]], seed: str) -> dict[str, Any]:
    """At every lock: say it again and again, in every round, until each refuses."""
    chance, words, refused = random.Random(seed), list[Word](), 0
    for locks_at_s, rows in groupby(locks, key=itemgetter(1)):
        open_ = [round_id for round_id, _ in rows]
        for point in count():
            chance.shuffle(open_)
            said = {round_id: client.enter(round_id, point) for round_id in open_}
            words += [(key, client.handle, number) for key, number in said.items() if number]
            open_ = [round_id for round_id, number in said.items() if number]
            refused += len(said) - len(open_)
            if not open_:
                break
            pause_s = chance.uniform(0, PAUSE_S)
            sleep_until(max(time.time() + pause_s, locks_at_s - EARLIEST_S * chance.random()))
    return {"words": words, "refused": refused}


def sweep(*, until_s: float) -> int:
    looks = 0
    while time.time() < until_s:
        rounds.turn(now=datetime.now(UTC))
        commitments.commit(now=datetime.now(UTC))
        looks += 1
        time.sleep(PAUSE_S)  # so that on a small machine the clients get their turn
    return looks


def sleep_until(at_s: float) -> None:
    time.sleep(max(0.0, at_s - time.time()))


# -- before and after ----------------------------------------------------------------------------
def prepare(rounds_: int, *, crowd: int, port: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    players.ensure_built_in(now=now)
    season = factories.season(factories.league(symbols=["ETH"]), now=now - HOUR)
    start = now - 110 * HOUR
    bars.ingest(symbol="ETH", price_mode="simulated", interval=3600, start=start, now=now)
    clients = [make_client(number, port=port if number >= crowd * 3 // 4 else 0, now=now)
               for number in range(crowd)]  # fmt: skip
    first = (datetime.now(UTC) + LEAD + rounds_ * SECOND / 50).replace(microsecond=0)
    locks = [
        make_round(season, number, locks_at=first + number // A_SECOND * SECOND)
        for number in range(rounds_)
    ]
    return {"clients": clients, "locks": locks}


def make_client(number: int, *, port: int, now: datetime) -> tuple[str, str, int]:
    user = User.objects.create_user(username=f"client-{number}")
    profile = players.Profile(f"client-{number}", f"Client {number}")
    player = players.register_human(profile=profile, user=user, now=now)
    return player.handle, keys.issue(player=player, now=now, label="race").secret, port


def make_round(season: Any, number: int, *, locks_at: datetime) -> tuple[str, float]:
    round_ = Round.objects.create(
        season=season,
        asset_id="ETH",
        horizon="1h",
        opens_at=locks_at - HOUR - (number + number // A_SECOND) * SECOND,  # a slot of its own
        locks_at=locks_at,
        settles_at=locks_at + HOUR,
    )
    factories.opened(round_)
    return str(round_.pk), locks_at.timestamp()


def finish() -> dict[str, int]:
    """Score everything at prices of our own; what is not as it must be."""
    rounds.turn(now=datetime.now(UTC))
    commitments.commit(now=datetime.now(UTC))
    ends_at = datetime.now(UTC) + 2 * HOUR
    for round_ in Round.objects.select_related("season"):
        running = factories.running(round_)
        factories.settled(running, price=Decimal(60_300))
    grading.grade(now=ends_at)
    found = invariants.look(since=invariants.EVERYTHING, only=CHECKS)
    return {one.name: one.violations or -1 for one in found if one.violations != 0}


def judge(acknowledged: set[Word]) -> dict[str, int]:
    words = {
        (str(row[0]), row[1], row[2]): row[3:]
        for row in [
            *Prediction.objects.values_list(
                "round", "player__handle", "revision", "accepted_at", "round__locks_at"
            ),
            *Revision.objects.values_list(
                "prediction__round", "prediction__player__handle", "revision", "accepted_at",
                "prediction__round__locks_at",
            ),
        ]
    }  # fmt: skip
    committed = dict(Commitment.objects.values_list("round", "count"))
    entries = list(Prediction.objects.values_list("round", "player"))
    scored = set(Score.objects.filter(seq__isnull=False).values_list("round", "player"))
    held = {key: sum(1 for round_, _ in entries if round_ == key) for key, _ in entries}
    return {
        "lost": len(acknowledged - set(words)),
        "unasked": len(set(words) - acknowledged),
        "late": sum(accepted_at >= locks_at for accepted_at, locks_at in words.values()),
        "uncommitted": sum(abs(n - committed.get(key, 0)) for key, n in held.items()),
        "unscored": len(set(entries) - scored),
        "unfinal": Round.objects.exclude(status="final").count(),
    }


def main(seed: int, rounds_: int, crowd: int, port: int) -> dict[str, Any]:
    made = children.run(partial(prepare, rounds_, crowd=crowd, port=port)).answer
    clients = [Client(*row) for row in made["clients"]]
    locks = [(round_id, at_s) for round_id, at_s in made["locks"]]
    until_s = locks[-1][1] + 1
    racers = [
        children.start(partial(race, client, locks=locks, seed=f"{seed}/{client.handle}"))
        for client in clients
    ]
    sweepers = [children.start(partial(sweep, until_s=until_s)) for _ in range(SWEEPERS)]
    told = [racer.end().answer for racer in racers]
    looks = sum(sweeper.end().answer for sweeper in sweepers)
    words = [tuple(word) for client in told for word in client["words"]]
    broken = children.run(finish).answer
    return {
        "rounds": rounds_,
        "clients": crowd,
        "accepted": len(words),
        "refused": sum(client["refused"] for client in told),
        "looks": looks,
        "repeated": len(words) - len(set(words)),
        **children.run(partial(judge, set(words))).answer,
        "broken": broken,
    }


if __name__ == "__main__":
    answer = main(*[int(word) for word in sys.argv[1:]])
    sys.stdout.write(json.dumps(answer))
