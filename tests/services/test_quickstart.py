"""The example for bot authors, against a server, from signing up to a verified receipt."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config import embedded, runner
from config.supervisor import Supervisor
from tests.services import project, servers

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]
LEAD_S = 30
EXAMPLE = project.REPOSITORY / "examples" / "bot_quickstart.py"
League = tuple[dict[str, str], dict[str, Any]]


@pytest.fixture
def league(tmp_path: Path) -> Iterator[League]:
    """Three rounds that lock within the minute, and a web server."""
    made = project.environment(
        database_url=f"sqlite:///{tmp_path / 'league.sqlite3'}", redis_url="", var_dir=tmp_path
    )
    made["ENABLE_USER_REGISTRATION"] = "true"
    project.manage("migrate", "--verbosity=0", env=made)
    season = project.script("short_season", "1", str(LEAD_S), env=made)
    role = embedded.web(port=int(made["PORT"]))
    boss = Supervisor(environment=made, log_dir=tmp_path / "logs", report=lambda _line: None)
    boss.start(role, now_s=0)
    try:
        yield made, season
    finally:
        boss.stop([role.name])
        boss.dismiss_guardian()


def test_a_bot_author_gets_from_nothing_to_a_verified_receipt(
    league: League, tmp_path: Path
) -> None:
    environment, season = league
    url = f"http://{servers.HOST}:{environment['PORT']}"
    servers.until(
        lambda: runner.answers(int(environment["PORT"])), within_s=60, what="the web server"
    )
    with (tmp_path / "told").open("w+") as told:
        bot = subprocess.Popen(
            [sys.executable, str(EXAMPLE), url], env=environment, cwd=tmp_path, stdout=told,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        locks_at = datetime.fromisoformat(season["locks_at"])
        time.sleep(max(0, (locks_at - datetime.now(UTC)).total_seconds()) + 1)
        for minutes in (0, 6, 12):
            later = locks_at + timedelta(minutes=minutes, seconds=5)
            project.manage("sweep", "--now", later.isoformat(), env=environment)
        code = bot.wait(timeout=60)
        told.seek(0)
        lines = told.read().splitlines()
    assert code == 0, "\n".join(lines)
    assert lines[0].startswith("signed up; keep this key: lg_live_")
    assert sum("receipt verified" in line for line in lines) == 3, lines


def test_it_is_short() -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) < 60
