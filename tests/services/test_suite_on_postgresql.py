"""The domain's own tests once more, on PostgreSQL instead of SQLite."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos import report
from tests.services import project, servers

# Each a test of its own, so that two workers share them.
PARTS = {
    "league": ("tests/league",),
    "predictions": ("tests/predictions",),
    "boards and prices": (
        "tests/leaderboard", "tests/markets/test_intake.py", "tests/markets/test_newest.py",
        "tests/markets/test_quotes.py",
    ),
}  # fmt: skip
# What is true whatever the database: arithmetic, simulations, other servers.
PURE = (
    "tests/leaderboard/test_verdict_errors.py", "tests/predictions/test_artifacts.py",
    "tests/predictions/test_backtest.py", "tests/predictions/test_gate.py",
    "tests/predictions/test_har.py", "tests/predictions/test_features.py",
    "tests/predictions/test_forecasters.py", "tests/predictions/test_injections.py",
    "tests/predictions/test_commentary.py", "tests/predictions/test_commentary_gemini.py",
    "tests/predictions/test_entry_forms.py", "tests/predictions/test_entry_shapes.py",
    "tests/predictions/test_scoring_rules.py", "tests/predictions/test_terms.py",
    "tests/leaderboard/test_verdict.py", "tests/leaderboard/test_statistics.py",
    "tests/league/test_webhook_targets.py", "tests/league/test_webhook_courier.py",
    "tests/league/test_webhook_receiver.py", "tests/league/test_webhook_signatures.py",
    "tests/league/test_cadence.py",
)  # fmt: skip

# A season each, entered in one transaction: PostgreSQL takes minutes over so many savepoints that
# lock. CHAOS=long waits for them.
SEASONS = (
    "tests/leaderboard/test_records.py",
    "tests/leaderboard/test_score_pages.py",
)


@pytest.mark.services
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("part", PARTS)
def test_the_domain_holds_on_postgresql(
    postgres: servers.Postgres, tmp_path: Path, part: str
) -> None:
    left_out = PURE if report.is_long() else PURE + SEASONS
    environment = dict(os.environ) | {
        "DATABASE_URL": postgres.url(f"league_{part.split(maxsplit=1)[0]}"),
        "VAR_DIR": str(tmp_path),
        "PYTEST_ADDOPTS": "",
    }
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", *PARTS[part], "-q", "-m", "not services and not chaos",
            *(f"--ignore={file}" for file in left_out), "-p", "no:cacheprovider",
            "-p", "no:xdist",
            "--basetemp", str(tmp_path / "inner"),
        ],
        env={name: value for name, value in environment.items() if "XDIST" not in name},
        cwd=project.REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 100
