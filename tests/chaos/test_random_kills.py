"""F2: web, workers, beat, Redis and PostgreSQL die at random under load; nothing is lost.

The processes are those of `manage.py run`, each started again a second after its death, as a
service manager would. PostgreSQL writes through (fsync); Redis keeps its append-only file.
"""

import contextlib
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from config import embedded
from config.supervisor import Supervisor
from tests.chaos import journals, report
from tests.chaos.callers import Caller
from tests.services import project, promises, servers
from tests.services.test_kill import kill, pool_of

CALLERS = 3
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
SHORT = ("web", "worker", "pool child", "beat", "redis", "postgres", "backend")
LONG = (*SHORT * 2, "web", "worker", "pool child", "beat", "redis", "pool child", "web")
PAUSE_S = (0.5, 2.5)
DUE = """
SELECT (SELECT count(*) FROM league_round AS r
        WHERE (status = 'open' AND locks_at <= now()) OR status = 'locked'
           OR (status IN ('running', 'held', 'settled') AND settles_at <= now())
           OR (status IN ('locked', 'running', 'held', 'settled', 'final')
               AND NOT EXISTS (SELECT FROM predictions_commitment AS c WHERE c.round_id = r.id)))
     + (SELECT count(*) FROM chain_anchor WHERE status = 'wished')
     + (SELECT count(*) FROM leaderboard_board AS b WHERE b.rounds <> (
            SELECT count(*) FROM league_round AS r
            WHERE r.season_id = b.season_id AND r.horizon = b.horizon AND r.status = 'final'))
"""


@dataclass(frozen=True)
class League:
    boss: Supervisor
    postgres: servers.Postgres
    redis: servers.Lever
    database: str

    def tend_for(self, *, seconds: float) -> None:
        """Whoever has died is started again; the delay never grows."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            for child in self.boss.children.values():
                child.failures = 0
            self.boss.tend(now_s=time.monotonic())
            time.sleep(0.1)

    def strike(self, victim: str, chance: random.Random) -> None:
        if victim == "redis":
            restart(self.redis)
        elif victim == "postgres":
            assert self.postgres.lever is not None
            restart(self.postgres.lever)
            self.await_postgres()
        elif victim == "backend":
            self.await_postgres()
            kill(chance.choice(self.backends()))
        elif victim == "pool child":
            pool = pool_of(self.boss.children["worker"].process.pid)
            kill(chance.choice(pool or [self.boss.children["worker"].process.pid]))
        else:
            kill(self.boss.children[victim].process.pid)

    def backends(self) -> list[int]:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        with psycopg.connect(self.database, autocommit=True) as connection:
            return [row[0] for row in connection.execute(query.encode()).fetchall()]

    def await_postgres(self) -> None:
        """It refuses to start while the last child of the killed one lives: try again."""
        lever = self.postgres.lever
        assert lever is not None
        for _ in range(20):
            with contextlib.suppress(AssertionError):
                servers.until(self.postgres.is_up, within_s=3, what="PostgreSQL")
                return
            if lever.boss.children[lever.role.name].process.poll() is not None:
                lever.boss.stop([lever.role.name])
                lever.start()
        raise AssertionError("\n".join(lever.boss.last_lines(lever.role.name)))

    def due(self) -> int:
        """What waits although its time has come."""
        with contextlib.suppress(psycopg.OperationalError):
            with psycopg.connect(self.database, connect_timeout=2) as connection:
                row = connection.execute(DUE.encode()).fetchone()
            assert row is not None
            return int(row[0])
        return 1

    def drain(self, *, within_s: float) -> float:
        """Seconds until nothing was due."""
        began_s = time.monotonic()
        while self.due():
            assert time.monotonic() < began_s + within_s, self.logs()
            self.tend_for(seconds=0.3)
        return time.monotonic() - began_s

    def logs(self) -> str:
        names = ("web", "worker", "beat")
        return "\n".join(line for name in names for line in self.boss.last_lines(name, count=30))


def restart(lever: servers.Lever) -> None:
    lever.stop()
    lever.start()


@pytest.fixture
def league(tmp_path: Path) -> Iterator[League]:
    with (
        servers.postgres(DURABLE) as postgres,
        servers.redis_on_lever() as (redis_url, redis),
    ):
        database = postgres.create("league")
        environment = project.environment(
            database_url=database, redis_url=redis_url, var_dir=tmp_path
        )
        project.manage("migrate", "--verbosity=0", env=environment)
        boss = Supervisor(environment=environment, log_dir=tmp_path / "logs", report=print)
        try:
            yield League(boss, postgres, redis, database)
        finally:
            boss.stop(list(boss.children), is_urgent=lambda: True)
            boss.dismiss_guardian()


@pytest.mark.chaos
@pytest.mark.services
@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(3 if report.is_long() else 1))
def test_whoever_dies_nothing_is_lost_doubled_late_or_unscored(
    number: int, league: League
) -> None:
    seed = report.seed() + number
    chance = random.Random(seed)
    past, locks = ("8", "3") if report.is_long() else ("4", "2")
    season = project.script("busy_season", past, locks, "25", env=league.boss.environment)
    port = int(league.boss.environment["PORT"])
    victims = plan(chance)
    for role in (embedded.web(port=port), embedded.worker(), embedded.beat()):
        league.boss.start(role, now_s=time.monotonic())
    callers = [Caller(port, season["keys"], season["open"], f"{seed}-{n}") for n in range(CALLERS)]
    with contextlib.ExitStack() as stack:
        for caller in callers:
            stack.enter_context(caller)
        servers.until(
            lambda: sum(len(caller.acknowledged) for caller in callers) >= CALLERS,
            within_s=120,
            what="the first acknowledgements",
        )
        for victim in victims:
            league.tend_for(seconds=chance.uniform(*PAUSE_S))
            league.strike(victim, chance)
        drain_s = league.drain(within_s=180)
    league.boss.stop(["web", "worker", "beat"], is_urgent=lambda: True)

    later = datetime.fromisoformat(season["locks_at"]) + timedelta(seconds=61)
    for _ in range(2):
        project.manage("sweep", "--now", later.isoformat(), env=league.boss.environment)
    facts = project.script("evidence", env=league.boss.environment)
    told = journals.compare(facts, callers, asked=set(season["open"]))
    report.add(
        "random kills",
        kills=len(victims),
        **told,
        drain_s=round(drain_s, 1),
        seed=seed,
        **{f"[{name}]": count for name, count in sorted(Counter(victims).items())},
    )
    assert {told[name] for name in ("lost", "duplicated", "late", "unscored")} == {0}, told
    journal = [said for caller in callers for said in caller.acknowledged]
    promises.assert_kept(facts, journal=journal)
    project.manage("check_invariants", env=league.boss.environment)


def plan(chance: random.Random) -> list[str]:
    """Everybody in turn, in an order of the seed's."""
    victims = list(LONG if report.is_long() else SHORT)
    chance.shuffle(victims)
    return victims
