"""The invariants' queries on PostgreSQL: a short season played whole, then tampered with."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.services import project

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]
RUIN = {
    "I2": "UPDATE predictions_commitment SET count = count + 1",
    "I5": "DELETE FROM league_roundevent WHERE to_status = 'locked'",
    "I7": "UPDATE markets_observation SET source_time = instant + interval '1 second'",
    "I8": "UPDATE predictions_score SET points_milli = points_milli + 1 WHERE seq = 0",
    "I9": "UPDATE predictions_tally SET rounds = rounds + 1",
    "I10": "UPDATE leaderboard_standing SET rank = rank + 1",
    "I17": "UPDATE chain_ledgerentry SET head = repeat('0', 64) WHERE seq = 1",
}


@pytest.fixture
def environment(postgres_url: str, tmp_path: Path) -> dict[str, str]:
    """Everything of the season is final."""
    made = project.environment(database_url=postgres_url, redis_url="", var_dir=tmp_path)
    project.manage("migrate", "--verbosity=0", env=made)
    project.script("short_season", "3", "0", env=made)
    later = datetime.now(UTC) + timedelta(minutes=4)
    for _ in range(2):
        project.manage("sweep", "--now", later.isoformat(), env=made)
    return made


def look(environment: dict[str, str]) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, str(project.REPOSITORY / "manage.py"), "check_invariants", "--json"]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout)


def test_a_played_season_is_sound_and_a_spoilt_one_is_not(
    environment: dict[str, str], postgres_url: str
) -> None:
    code, document = look(environment)
    assert (code, document["violations"], document["unchecked"]) == (0, 0, [])
    assert {one["name"]: one["count"] for one in document["waiting"] if one["count"]} == {}
    with psycopg.connect(postgres_url) as connection:
        for statement in RUIN.values():
            assert connection.execute(statement.encode()).rowcount
    code, document = look(environment)
    assert (code, document["unchecked"]) == (1, [])
    found = {one["id"] for one in document["checks"] if one["violations"]}
    # A changed score contradicts its settlement's anchor, a changed word the evidence in it.
    assert found == {*RUIN, "I6", "I16", "I18"}
