"""SIGKILL before and after every statement of every stage and request; then one recovery.

Run as a script on an empty migrated database, with a seed and which share of the points to try.
Prints what was found. Each point is a fork of this process at work on a copy of a prepared
database: it dies at its moment, another fork recovers (one sweep at the same instant; for a
request: the same request again under the same Idempotency-Key), and the state must be that of the
run in which nobody died.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy: a fork has only the forking thread

import http.client
import json
import math
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from django.urls import get_resolver  # noqa: E402 -- Django first

from config import invariants, sweeps  # noqa: E402
from league.models import Answer, Player  # noqa: E402
from tests import factories  # noqa: E402
from tests.chaos import children, copies, crash_world, killing, natural_state  # noqa: E402
from tests.chaos.crash_world import PRESENT, Sender  # noqa: E402

BY_HTTP = natural_state.SEALS | natural_state.STAMPS
OF_WORDS = frozenset({"I1", "I2"})
# Not the subject: they write bars, or the same as `submit`. A part of their moments is enough.
SAMPLED = {"league.gather_history": 0.1, "predictions.enter_house_picks": 0.1}
DONE = {"submit: first word": 201, "submit: revision": 200, "submit: withdrawal": 204}


Act = Callable[[], object]


@dataclass(frozen=True)
class Scene:
    """What is done when the process dies, to the kept state `name`; and how it is made good."""

    name: str
    act: Act
    recover: Act
    without: frozenset[str]  # what words given anew have of their own

    def rehearse(self) -> int:
        """How many moments there are."""
        moments = killing.Moments()
        with killing.watched(moments):
            self.act()
        return moments.passed

    def die(self, moment: int) -> None:
        with killing.watched(killing.Moments(fatal=moment)):
            self.act()

    def look(self, *, known: str = "") -> dict[str, Any]:
        """Recover, then tell the state and whatever is not as it must be.

        The checks are functions of the rows: where all but the seals of new words are the `known`
        ones, those words alone have not been judged yet.
        """
        self.recover()
        lines = natural_state.lines(without=self.without)
        ids = OF_WORDS if natural_state.digest(lines) == known else invariants.IDS
        found = invariants.look(since=invariants.EVERYTHING, only=ids)
        broken = {one.name: one.violations for one in found if one.violations != 0}
        return {"lines": lines, "broken": broken}


@dataclass
class Findings:
    points: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    troubles: list[dict[str, Any]] = field(default_factory=list)


# -- the scenes ----------------------------------------------------------------------------------
def stages(store: copies.Copies) -> Iterator[Scene]:
    """One look at PRESENT, kept before each of its stages."""
    recover = partial(sweeps.run, now=PRESENT)
    children.run(crash_world.play)
    for name, stage in sweeps.STAGES.items():
        if name == "predictions.learn":
            continue  # whose lease outlives it on purpose: tests/predictions/test_retraining.py
        act = partial(stage, now=PRESENT)
        scene = Scene(name, act, recover, natural_state.SEALS)
        store.keep(kept(scene))
        yield scene
        store.put_back(kept(scene))
        children.run(act)


def control(store: copies.Copies) -> Iterator[Scene]:
    """Two commits where one is needed: whoever looks for such must find this one."""

    def act() -> None:
        for kind in ("human", "bot"):
            Player.objects.filter(kind=kind).update(name="Renamed")

    scene = Scene("control", act, lambda: None, natural_state.SEALS)
    store.keep(kept(scene))
    yield scene


def requests(store: copies.Copies) -> Iterator[Scene]:
    told = children.run(crash_world.play_open_rounds).answer

    def sender(key: str, *, round_: int = 0) -> Sender:
        return Sender(told["rounds"][round_], told["secret"], key)

    bare = sender("", round_=1)
    scenes: list[tuple[str, Act, Act]] = [
        keyed("submit: first word", partial(sender("first").post, "12")),
        keyed("submit: revision", partial(sender("second").post, "-7")),
        keyed("submit: withdrawal", sender("last").delete),
        ("submit: without a key", partial(bare.post, "12"), partial(look_first, bare)),
    ]
    for name, act, recover in scenes:
        scene = Scene(name, act, recover, BY_HTTP)
        store.keep(kept(scene))
        yield scene
        store.put_back(kept(scene))
        children.run(act)


def keyed(name: str, act: Callable[[], dict[str, Any]]) -> tuple[str, Act, Act]:
    return name, act, partial(again, name, act)


def look_first(sender: Sender) -> None:
    """Without a key a program reads what stands before it repeats itself."""
    if sender.get()["status"] == http.client.NOT_FOUND:
        assert sender.post("12")["status"] == http.client.CREATED


def again(name: str, act: Callable[[], dict[str, Any]]) -> None:
    """The same request: done now, or answered with what the killed one's client never got."""
    told = act()
    is_gone = name == "submit: withdrawal" and "nothing_to_withdraw" in told["body"]
    assert told["status"] == DONE[name] or is_gone, told
    kept_answers = Answer.objects.values_list("status", "body")
    if told["is_replay"]:
        assert (told["status"], told["body"]) in kept_answers, "another answer than the first"


def kept(scene: Scene) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in scene.name)


# -- the killing ---------------------------------------------------------------------------------
def kill_everywhere(
    scenes: Iterator[Scene], *, store: copies.Copies, chance: random.Random, share: float
) -> Findings:
    found = Findings()
    for scene in scenes:
        moments = children.run(scene.rehearse).answer
        right = children.run(scene.look).answer
        judge(scene, 0, right, right["lines"], found)
        found.points[scene.name] = moments
        mine = math.ceil(moments * share * SAMPLED.get(scene.name, 1.0))
        known = natural_state.digest(right["lines"])
        for moment in sorted(chance.sample(range(1, moments + 1), mine)):
            store.put_back(kept(scene))
            end = children.run(partial(scene.die, moment))
            found.killed[scene.name] += end.signal == signal.SIGKILL
            told = children.run(partial(scene.look, known=known)).answer
            judge(scene, moment, told, right["lines"], found)
    return found


def judge(
    scene: Scene, moment: int, told: dict[str, Any], right: list[str], found: Findings
) -> None:
    if told["broken"] or natural_state.digest(told["lines"]) != natural_state.digest(right):
        differing = sorted(set(told["lines"]) ^ set(right))
        found.troubles.append(
            {
                "stage": scene.name,
                "moment": moment,
                "broken": told["broken"],
                "missing": [line for line in differing if line in right],
                "surplus": [line for line in differing if line not in right],
            }
        )


def main(seed: int, share: float) -> dict[str, Any]:
    began_s = time.monotonic()
    store, chance = copies.of_settings(), random.Random(seed)
    _ = get_resolver().url_patterns  # load every view once, before the forks
    crash_world.foresee()
    store.keep("empty")
    found = Findings()
    with factories.market(since=crash_world.SINCE, spoil=crash_world.disputed):
        parts = [kill_everywhere(stages(store), store=store, chance=chance, share=share)]
        caught = kill_everywhere(control(store), store=store, chance=chance, share=1).troubles
    store.put_back("empty")
    parts.append(kill_everywhere(requests(store), store=store, chance=chance, share=share))
    for part in parts:
        found.points += part.points
        found.killed += part.killed
        found.troubles += part.troubles
    return {
        "points": dict(found.points),
        "killed": dict(found.killed),
        "troubles": found.troubles,
        "caught": len(caught),
        "seconds": time.monotonic() - began_s,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
