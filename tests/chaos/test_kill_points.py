"""F1: SIGKILL before and after every SQL statement; one recovery reaches the crash-free state."""

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import report, scripts
from tests.services import project, servers

LEAST_LONG, LEAST_SHORT = 300, 20
SHORT_SHARE = 0.05
STAGES = {
    "league.turn_rounds", "league.advance_rounds", "predictions.commit_locked",
    "predictions.aggregate_priced", "predictions.grade_settled", "leaderboard.publish_standings",
    "chain.pump", "league.deliver_webhooks",
    "submit: first word", "submit: revision", "submit: withdrawal", "submit: without a key",
}  # fmt: skip


@pytest.mark.chaos
@pytest.mark.services
@pytest.mark.timeout(1200)
def test_dying_at_any_statement_changes_nothing(
    postgres: servers.Postgres, tmp_path: Path
) -> None:
    urls = [
        f"sqlite:///{tmp_path / 'league.sqlite3'}",
        postgres.create(f"kill_{uuid.uuid4().hex[:8]}"),
    ]
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda url: kill(url, folder=tmp_path), urls))
    for told in found:
        assert told["caught"] > 0, "a write in two commits was not noticed"
        assert told["troubles"] == []
        assert set(told["points"]) >= STAGES
        killed = sum(told["killed"].values())
        assert killed >= (LEAST_LONG if report.is_long() else LEAST_SHORT)


def kill(url: str, *, folder: Path) -> dict[str, Any]:
    """What the script found on one database."""
    environment = project.environment(database_url=url, redis_url="", var_dir=folder)
    project.manage("migrate", "--verbosity=0", env=environment)
    seed, share = report.seed(), 1.0 if report.is_long() else SHORT_SHARE
    told = scripts.run("kill_points", seed, share, env=environment)
    tell(url.partition(":")[0], told, seed=seed)
    return told


def tell(database: str, told: Mapping[str, Any], *, seed: int) -> None:
    report.add(
        f"kill points ({database})",
        killed=sum(told["killed"].values()),
        of=sum(told["points"].values()),
        violations=len(told["troubles"]),
        seconds=round(told["seconds"]),
        seed=seed,
    )
    for stage, moments in told["points"].items():
        report.add(f"  {stage}", killed=told["killed"].get(stage, 0), of=moments)
