"""The example for bot authors, against a server, from signing up to a webhook it believes."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.services import project, web

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]
LEAD_S = 30
EXAMPLE = project.REPOSITORY / "examples" / "bot_quickstart.py"
League = tuple[str, dict[str, str], dict[str, Any]]


@pytest.fixture
def league(tmp_path: Path) -> Iterator[League]:
    """Three rounds that lock within the minute, and a web server."""
    made = project.environment(
        database_url=f"sqlite:///{tmp_path / 'league.sqlite3'}", redis_url="", var_dir=tmp_path
    )
    made |= {"ENABLE_USER_REGISTRATION": "true", "WEBHOOK_LOOPBACK": "true"}
    project.manage("migrate", "--verbosity=0", env=made)
    season = project.script("short_season", "1", str(LEAD_S), env=made)
    with web.serving(made, folder=tmp_path) as url:
        yield url, made, season


def test_a_bot_author_gets_from_nothing_to_a_verified_receipt_and_a_webhook(
    league: League, tmp_path: Path
) -> None:
    url, environment, season = league
    with (tmp_path / "told").open("w+") as told:
        bot = subprocess.Popen(
            [sys.executable, str(EXAMPLE), url, "ada-bot"],
            env={"PATH": environment["PATH"], "PYTHONPATH": str(project.REPOSITORY / "client")},
            cwd=tmp_path, stdout=told, stderr=subprocess.STDOUT,
        )  # fmt: skip
        locks_at = datetime.fromisoformat(season["locks_at"])
        time.sleep(max(0, (locks_at - datetime.now(UTC)).total_seconds()) + 1)
        # Settled a minute after the lock; a webhook stamped five minutes off would be refused.
        for seconds in (5, 70, 130, 190, 191):
            later = locks_at + timedelta(seconds=seconds)
            project.manage("sweep", "--now", later.isoformat(), env=environment)
        try:
            code = bot.wait(timeout=60)
        finally:
            bot.kill()
        told.seek(0)
        lines = [line for line in told.read().splitlines() if not line.startswith("127.0.0.1")]
    assert code == 0, "\n".join(lines)
    assert re.fullmatch(r"signed up as ada-bot; keep this key: lg_live_\w+", lines[0])
    entered, scored = lines[1:4], lines[4:]
    price = r"\d+\.\d{8}"
    entries = [re.fullmatch(rf"[A-Z]+: (\S+) between {price} and {price}", one) for one in entered]
    results = [
        re.fullmatch(r"(\S+): -?\d+\.\d{3} points, receipt verified, told by webhook", one)
        for one in scored
    ]
    assert all(entries), lines
    assert all(results), lines
    found = sorted(match[1] for match in results if match)
    assert found == sorted(match[1] for match in entries if match)
    assert len(found) == 3


def test_it_is_short() -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) < 60
