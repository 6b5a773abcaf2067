"""A league that has played a little, served by a process of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from league_client import League
from tests.services import project, web

LEAD_S = 900  # the open rounds stay open while these tests run


@dataclass(frozen=True)
class Served:
    """`keys` by handle; `open` and `past` are rounds' ids."""

    url: str
    keys: dict[str, str]
    open: list[str]
    past: list[str]

    def league(self, handle: str = "") -> League:
        return League(self.url, self.keys.get(handle, ""), patience_s=30)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    made = project.environment(
        database_url=f"sqlite:///{folder / 'league.sqlite3'}", redis_url="", var_dir=folder
    )
    made |= {"ENABLE_USER_REGISTRATION": "true", "WEBHOOK_LOOPBACK": "true"}
    project.manage("migrate", "--verbosity=0", env=made)
    season: dict[str, Any] = project.script("short_season", "6", str(LEAD_S), env=made)
    for seconds in (0, 1, 2):
        now = datetime.now(UTC) + timedelta(seconds=seconds)
        project.manage("sweep", "--now", now.isoformat(), env=made)
    with web.serving(made, folder=folder) as url:
        yield Served(url, season["keys"], season["open"], season["past"])
