"""A season in full swing on the whole stack, people who predict, and overdue rounds in reserve."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.chaos import report
from tests.chaos.outages import posters
from tests.chaos.outages.posters import Crowd
from tests.chaos.outages.stack import Stack, everybody, stack
from tests.services import project, promises, servers
from tests.services.bots import Acknowledged

BATCH = 12
BATCHES_SHORT, BATCHES_LONG = 2, 9
LEAD_S_SHORT, LEAD_S_LONG = 240, 1200
SPARE = "spare"  # a second migrated database, with nothing in it


@dataclass
class World:
    """`reserve`: overdue rounds that no sweep looks at before a test releases them."""

    league: Stack
    season: dict[str, Any]
    reserve: list[str]
    journal: list[Acknowledged] = field(default_factory=list)

    @contextlib.contextmanager
    def posting(self, *, size: int = 3) -> Iterator[Crowd]:
        """People predict meanwhile; every word acknowledged to them is kept in `journal`."""
        with posters.crowd(self.league.port, self.season, size=size) as crowd:
            servers.until(
                lambda: len(crowd.journal) > 5,
                within_s=60,
                what=f"the first words\n{self.league.logs()}",
            )
            yield crowd
        self.journal += crowd.journal

    def release(self) -> list[str]:
        """A batch of rounds that are overdue from now on."""
        batch, self.reserve = self.reserve[:BATCH], self.reserve[BATCH:]
        assert len(batch) == BATCH, "the reserve is used up: make it larger"
        self.league.release(batch)
        return batch

    def await_settled(self, rounds: list[str]) -> None:
        servers.until(
            lambda: not self.league.unfinished(rounds),
            within_s=120,
            what=f"the rounds to be settled\n{self.league.logs()}",
        )


@contextlib.contextmanager
def living(folder: Path) -> Iterator[World]:
    """Checks in the end that every acknowledged word is there, committed and scored once."""
    batches = BATCHES_LONG if report.is_long() else BATCHES_SHORT
    lead_s = LEAD_S_LONG if report.is_long() else LEAD_S_SHORT
    with stack(folder) as league:
        league.copy(SPARE)
        minutes = str(batches * BATCH // 3)
        season = project.script("short_season", minutes, str(lead_s), env=league.environment)
        league.hold_back(season["past"])
        world = World(league, season, list(season["past"]))
        began_at = datetime.now(UTC)
        league.start(*everybody(league.port))
        league.back(since=began_at, within_s=120)
        yield world
        codes = league.dismissed()
        assert codes == dict.fromkeys(("web", "worker", "beat", "sweep"), 0), codes
        league.release(world.reserve)
        assert_nothing_is_lost(world)


def assert_nothing_is_lost(world: World) -> None:
    environment = world.league.environment
    later = datetime.fromisoformat(world.season["locks_at"]) + timedelta(seconds=61)
    for _ in range(2):
        project.manage("sweep", "--now", later.isoformat(), env=environment)
    facts = project.script("evidence", env=environment)
    promises.assert_kept(facts, journal=world.journal)
    project.manage("check_invariants", env=environment)
    report.add(
        "outages: every word of every test",
        words=len(world.journal),
        rounds=len(facts["rounds"]),
        scores=len(facts["scores"]),
        lost=0,
        violations=0,
    )
