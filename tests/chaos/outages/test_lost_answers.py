"""F5: the answer to a COMMIT, or to the request itself, is lost; who asks again under the same
Idempotency-Key has entered one prediction and is told the same.
"""

import contextlib
import http.client
import itertools
import json
import random
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from config import embedded
from config.supervisor import Role
from tests.chaos import report
from tests.chaos.outages import posters
from tests.chaos.outages.world import World
from tests.services import servers
from tests.services.bots import CREATED, Acknowledged, parsed
from tests.services.proxy import Cut, Proxy

pytestmark = [pytest.mark.chaos, pytest.mark.services, pytest.mark.timeout(600)]
SEED = 20_261_125
COMMIT = b"COMMIT\0"
DONE = b"C\0\0\0\x0bCOMMIT\0"  # the server's CommandComplete
LONGEST_ANSWER = 1500  # bytes, its head included
AGAIN_S = 0.05


@dataclass(frozen=True)
class Door:
    """A web server of its own, whose database and whose clients are behind proxies of its own."""

    web: Proxy
    database: Proxy

    def arm(self, kind: str, chance: random.Random) -> None:
        place = {
            "before COMMIT": (self.database, Cut("up", word=COMMIT, is_passed=False)),
            "behind COMMIT": (self.database, Cut("up", word=COMMIT)),
            "answer to COMMIT": (self.database, Cut("down", word=DONE, is_passed=False)),
            "HTTP answer": (self.web, Cut("down", after=chance.randrange(LONGEST_ANSWER))),
            "HTTP request": (self.web, Cut("up", after=chance.randrange(400))),
        }  # fmt: skip
        proxy, cut = place[kind]
        proxy.cut(cut)

    @property
    def cuts(self) -> int:
        return self.web.cuts + self.database.cuts


KINDS = ("before COMMIT", "behind COMMIT", "answer to COMMIT", "HTTP answer", "HTTP request")


@contextlib.contextmanager
def door(world: World) -> Iterator[Door]:
    league, port = world.league, servers.free_port()
    with Proxy(league.postgres.port) as database, Proxy(port) as web:
        url = league.database.replace(f":{league.postgres.port}/", f":{database.port}/")
        role = embedded.web(port=port)
        league.start(Role(name="web-2", command=role.command, environment={"DATABASE_URL": url}))
        servers.until(lambda: is_up(port), within_s=90, what="the second web server")
        try:
            yield Door(web, database)
        finally:
            league.boss.stop(["web-2"])


def is_up(port: int) -> bool:
    try:
        return posters.ask(port, "/readyz")[0].status == http.client.OK
    except OSError:
        return False


@dataclass(frozen=True)
class Told:
    """What the last of `tries` requests under one key was answered."""

    status: int
    body: dict[str, Any]
    is_replay: bool
    tries: int


def enter(world: World, port: int, *, who: tuple[str, str], point: str, key: str) -> Told:
    """Again and again, until it is answered as done."""
    handle, round_id = who
    body = json.dumps({"form": "point", "basis": "return", "point": point})
    deadline, tries = time.monotonic() + 60, 0
    while True:
        tries += 1
        try:
            response, content = posters.ask(
                port,
                f"/api/v1/rounds/{round_id}/prediction",
                body=body,
                key=world.season["keys"][handle],
                Idempotency_Key=key,
            )
            whole = "Content-Length" in response.headers  # else it broke off within its head
        except (OSError, http.client.HTTPException):
            response, content, whole = None, b"", False
        if response is not None and whole and response.status in CREATED:
            is_replay = response.headers.get("Idempotency-Replayed") == "true"
            return Told(response.status, parsed(content), is_replay, tries)
        if response is not None and whole:
            assert response.status in {503, 409}, content
            assert parsed(content)["code"] in {"unavailable", "key_in_flight"}, content
        assert time.monotonic() < deadline, (tries, content)
        time.sleep(AGAIN_S)


def test_one_key_is_one_prediction_and_one_answer(world: World) -> None:
    chance, seen = random.Random(SEED), Counter[str]()
    revisions: dict[tuple[str, str], list[int]] = defaultdict(list)
    replays = tries = 0
    with door(world) as at:
        for number in range(100 if report.is_long() else 20):
            kind = KINDS[number % len(KINDS)]
            who = (
                chance.choice(sorted(world.season["keys"])),
                chance.choice(world.season["open"]),
            )
            point, key, before = str(chance.randint(-30, 30)), uuid.uuid4().hex, at.cuts
            at.arm(kind, chance)
            told = enter(world, at.web.port, who=who, point=point, key=key)
            at.web.disarm()
            at.database.disarm()
            again = enter(world, at.web.port, who=who, point=point, key=key)
            assert (again.status, again.body, again.is_replay) == (told.status, told.body, True)
            if kind in {"behind COMMIT", "answer to COMMIT"} and told.tries > 1:
                assert told.is_replay, kind
            made = told.body["prediction"]
            revisions[who].append(made["revision"])
            world.journal.append(
                Acknowledged(who[1], who[0], made["id"], made["revision"], Decimal(made["p50"]))
            )
            seen[kind] += at.cuts - before
            replays += told.is_replay
            tries += told.tries
    duplicates = sum(b - a - 1 for made in revisions.values() for a, b in itertools.pairwise(made))
    report.add(
        "lost commits and answers",
        keys=sum(map(len, revisions.values())), cuts=sum(seen.values()),
        tries=tries, replayed=replays, duplicates=duplicates, lost=lost(world, revisions),
    )  # fmt: skip
    assert set(seen) == set(KINDS)
    assert all(seen[kind] for kind in KINDS), seen
    assert duplicates == 0
    assert lost(world, revisions) == 0


def lost(world: World, revisions: dict[tuple[str, str], list[int]]) -> int:
    """Acknowledged revisions that are neither standing nor archived."""
    query = """
        SELECT player.handle, prediction.round_id::text, word.revision
        FROM predictions_prediction AS prediction
        JOIN league_player AS player ON player.id = prediction.player_id
        JOIN (
            SELECT id, revision FROM predictions_prediction
            UNION ALL SELECT prediction_id, revision FROM predictions_revision
        ) AS word ON word.id = prediction.id
    """
    kept = {
        (handle, round_id, revision) for handle, round_id, revision in world.league.rows(query)
    }
    said = {(*who, revision) for who, made in revisions.items() for revision in made}
    return len(said - kept)
