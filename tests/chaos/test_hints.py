"""F6: hints that never came, came late, came fifty times or from three beats: one final state."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from config import embedded, sweeps
from config.supervisor import Role, Supervisor
from league.models import Round
from league.models.round import Status
from tests import factories
from tests.chaos import lifecycle, report
from tests.chaos.lifecycle import END, HOUR, LOCKS, SECOND, World
from tests.factories import NOON
from tests.services import project, promises, servers
from tests.services.servers import Postgres

pytestmark = [pytest.mark.chaos, pytest.mark.services]
LAST = NOON + LOCKS * HOUR  # settles the round before the last, locks the last
SEED = 26
FLOOD = 50
LETS_IN = (
    "league.gather_history", "league.schedule_rounds", "league.turn_rounds",
    "predictions.enter_house_picks",
)  # fmt: skip
Look = Callable[[datetime], None]


@pytest.fixture
def world(postgres: Postgres, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), lifecycle.world(postgres) as made:
        yield made


def once(at: datetime) -> None:
    sweeps.run(now=at)


def play(look: Look) -> dict[str, list[tuple[Any, ...]]]:
    """Every lock with everybody's words a second before it; what is decided at the end."""
    once(NOON)
    for hour in range(1, LOCKS + 1):
        eve = NOON + hour * HOUR - SECOND
        once(eve)  # scheduled and entered: what happens to hints afterwards decides nothing
        for number, player in enumerate(lifecycle.people()):
            for round_ in Round.objects.filter(status=Status.OPEN, locks_at=eve + SECOND):
                word = factories.at_return(-30 - number, number, 40 + 2 * number)
                factories.enter(round_, player, word)
        look(eve + SECOND)
    look(END)
    once(END + HOUR)
    return lifecycle.decided()


def shuffled(stages: list[Callable[..., int]], *, dice: random.Random) -> Look:
    def look(at: datetime) -> None:
        hints = list(stages)
        dice.shuffle(hints)
        for stage in hints:
            stage(now=at)

    return look


def some(at: datetime, *, dice: random.Random) -> None:
    """Those that let people and built-in players in, and a few of the others."""
    for name in (*LETS_IN, *dice.sample(sorted(set(sweeps.STAGES) - set(LETS_IN)), k=3)):
        sweeps.STAGES[name](now=at)


def late_by(outage: timedelta) -> Look:
    """Nobody looks from just before the last lock until the outage is over."""

    def look(at: datetime) -> None:
        if at < LAST:
            once(at)
        elif at == LAST:
            began_s = time.perf_counter()
            once(at + outage)
            report.add(
                "beat outage",
                hours=int(outage / HOUR),
                due=2 * 2,
                caught_up_s=round(time.perf_counter() - began_s, 2),
            )

    return look


def test_outages_floods_losses_and_disorder_end_as_an_undisturbed_season(world: World) -> None:
    dice = random.Random(SEED)
    stages = list(sweeps.STAGES.values())
    expected = play(once)
    assert {row[2] for row in expected["rounds"]} == {"final"}
    times = FLOOD if report.is_long() else 10
    troubles: dict[str, Look] = {
        "an hour's outage": late_by(HOUR),
        "a day's outage": late_by(24 * HOUR),
        "a flood": shuffled(stages * times, dice=dice),
        "lost hints": lambda at: some(at, dice=dice),
    }
    for name, look in troubles.items():
        world.reset()
        assert play(look) == expected, name
        assert not lifecycle.violations(), name
    report.add("beat outages and floods", stories=len(troubles), times=times, different=0)


# -- the processes themselves ---------------------------------------------------------------------
PAST_MINUTES = 3
FLOOD_PROGRAM = """
import django; django.setup()
from config.celery import app
from config.schedule import SWEEPS
app.loader.import_default_modules()
for _ in range({times}):
    for name in SWEEPS:
        app.tasks[name].apply_async(ignore_result=True)
"""


@pytest.fixture
def stack(postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[Supervisor]:
    environment = project.environment(
        database_url=postgres_url, redis_url=redis_url, var_dir=tmp_path
    )
    boss = Supervisor(environment=environment, log_dir=tmp_path / "logs", report=print)
    project.manage("migrate", "--verbosity=0", env=environment)
    yield boss
    boss.stop(list(boss.children), is_urgent=lambda: True)
    boss.dismiss_guardian()


def numbered(role: Role, number: int) -> Role:
    return Role(
        name=f"{role.name}-{number}",
        command=(*role.command, "--hostname", f"w{number}@%h")
        if role.name == "worker"
        else (*role.command, "--pidfile", ""),
    )


@pytest.mark.timeout(400)
def test_three_beats_four_workers_and_a_flood_settle_everything_once(stack: Supervisor) -> None:
    """On Redis and PostgreSQL; short, two and two."""
    beats, workers = (3, 4) if report.is_long() else (2, 2)
    times = FLOOD if report.is_long() else 10
    season = project.script("short_season", str(PAST_MINUTES), "0", env=stack.environment)
    roles = [numbered(embedded.beat(), n) for n in range(beats)]
    roles += [numbered(embedded.worker(concurrency=1), n) for n in range(workers)]
    for role in roles:
        stack.start(role, now_s=time.monotonic())
    done = subprocess.run(
        [sys.executable, "-c", FLOOD_PROGRAM.format(times=times)],
        env=dict(stack.environment) | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    past = set(season["past"])

    def is_finished() -> bool:
        stack.tend(now_s=time.monotonic())
        time.sleep(2)
        facts = project.script("evidence", env=stack.environment)
        return all(row["status"] == "final" for row in facts["rounds"] if row["id"] in past)

    servers.until(is_finished, within_s=240, what="the past rounds to be final")
    stack.stop([role.name for role in roles], is_urgent=lambda: True)
    locks_at = datetime.fromisoformat(season["locks_at"])
    later = max(locks_at + timedelta(seconds=61), datetime.now(UTC)).isoformat()
    for _ in range(2):
        project.manage("sweep", "--now", later, env=stack.environment)
    facts = project.script("evidence", env=stack.environment)
    promises.assert_kept(facts, journal=[])
    found = json.loads(project.manage("check_invariants", "--json", env=stack.environment))
    assert (found["violations"], found["unchecked"]) == (0, [])
    report.add(
        "beats and workers", beats=beats, workers=workers, hints=times * len(sweeps.STAGES),
        rounds=len(facts["rounds"]), duplicates=0,
    )  # fmt: skip
