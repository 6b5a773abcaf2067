"""Worker, beat and web die at random moments and come back: nothing is lost, nothing is double.

The very processes of `manage.py run`, on both databases and both brokers, under its supervisor.
"""

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config import embedded
from config.supervisor import Role, Supervisor
from tests.services import project, promises, servers
from tests.services.bots import Bot

SEED = 20_260_301
PAST_MINUTES = 15
LEAD_S = 35  # enough for the web role to answer first, even on a busy machine
FIRST_WORDS = 10
LEAST_KILLS = 4
ROLES = ("web", "worker", "beat")


def sqlite_and_valkey(folder: Path) -> tuple[dict[str, str], list[Role]]:
    role, redis_url = embedded.broker(folder / "valkey")
    url = f"sqlite:///{folder / 'league.sqlite3'}"
    return project.environment(database_url=url, redis_url=redis_url, var_dir=folder), [role]


@pytest.fixture(params=["sqlite", "postgresql"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Supervisor]:
    """A migrated database and its broker; the league's own roles are not started yet."""
    if request.param == "sqlite":
        environment, roles = sqlite_and_valkey(tmp_path)
    else:
        environment, roles = (
            project.environment(
                database_url=request.getfixturevalue("postgres_url"),
                redis_url=request.getfixturevalue("redis_url"),
                var_dir=tmp_path,
            ),
            [],
        )
    boss = Supervisor(environment=environment, log_dir=tmp_path / "logs", report=print)
    for role in roles:
        boss.start(role, now_s=time.monotonic())
    project.manage("migrate", "--verbosity=0", env=environment)
    yield boss
    boss.stop(list(boss.children), is_urgent=lambda: True)
    boss.dismiss_guardian()


def start(boss: Supervisor) -> None:
    port = int(boss.environment["PORT"])
    for role in (embedded.web(port=port), embedded.worker(), embedded.beat()):
        boss.start(role, now_s=time.monotonic())


def pool_of(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], check=False, capture_output=True, text=True
    )
    return [int(word) for word in listed.stdout.split()]


def kill(victim: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it may still be down from the last time
        os.kill(victim, signal.SIGKILL)


def kill_one(boss: Supervisor, chance: random.Random) -> None:
    """SIGKILL to a role, or to one of the processes it made."""
    pid = boss.children[chance.choice(ROLES)].process.pid
    kill(chance.choice([pid, *pool_of(pid)]))


def tend_for(boss: Supervisor, *, seconds: float) -> None:
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        boss.tend(now_s=time.monotonic())
        time.sleep(0.1)


def unfinished(boss: Supervisor, rounds: set[str]) -> int:
    facts = project.script("evidence", env=boss.environment)
    return sum(row["id"] in rounds and row["status"] != "final" for row in facts["rounds"])


@pytest.mark.services
@pytest.mark.timeout(400)
def test_random_kills_lose_nothing_and_duplicate_nothing(stack: Supervisor) -> None:
    season = project.script("short_season", str(PAST_MINUTES), str(LEAD_S), env=stack.environment)
    locks_at = datetime.fromisoformat(season["locks_at"])
    bot = Bot(int(stack.environment["PORT"]), season["keys"], season["open"], seed=SEED)
    chance = random.Random(SEED)
    start(stack)
    with bot:
        servers.until(
            lambda: len(bot.journal) >= FIRST_WORDS,
            within_s=LEAD_S,
            what="the first acknowledgements",
        )
        kills = 0
        for role in chance.sample(ROLES, k=len(ROLES)):
            tend_for(stack, seconds=chance.uniform(2.0, 4.0))
            kill(stack.children[role].process.pid)
        while kills < LEAST_KILLS or datetime.now(UTC) < locks_at + timedelta(seconds=4):
            tend_for(stack, seconds=chance.uniform(1.0, 4.0))
            kill_one(stack, chance)
            kills += 1
        past = set(season["past"])

        def is_finished() -> bool:
            tend_for(stack, seconds=2)
            return not unfinished(stack, past)

        servers.until(
            is_finished,
            within_s=120,
            what=f"worker and beat to finish the past rounds after {kills} kills",
        )
    stack.stop(ROLES, is_urgent=lambda: True)

    later = (locks_at + timedelta(seconds=61)).isoformat()
    for _ in range(2):
        project.manage("sweep", "--now", later, env=stack.environment)
    facts = project.script("evidence", env=stack.environment)
    assert len(bot.journal) > FIRST_WORDS, "no word was accepted between the kills"
    troubles = {(status, code) for status, code in bot.refusals if status != 503}
    assert troubles <= {(409, "round_not_open")}, stack.last_lines("web", count=60)
    promises.assert_kept(facts, journal=bot.journal)
    project.manage("check_invariants", env=stack.environment)

    project.manage("sweep", "--now", later, env=stack.environment)
    assert project.script("evidence", env=stack.environment) == facts
