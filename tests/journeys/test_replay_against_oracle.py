"""The main job on recorded bars, judged to the milli-point by arithmetic of another hand."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.journeys import oracle, oracle_prices, synthetic_prices

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LEAGUE_DATA_DIR", REPOSITORY.parent / "shared" / "data")) / "hourly"


@dataclass(frozen=True)
class Case:
    start: datetime
    hours: int
    assets: tuple[str, ...]
    horizons: tuple[str, ...]

    @property
    def end(self) -> datetime:
        return self.start + timedelta(hours=self.hours)


SYNTHETIC = {
    "every trouble, hourly": Case(synthetic_prices.START, 36, ("BTC", "SOL", "DOGE"), ("1h",)),
    "days and a week": Case(synthetic_prices.START, 8 * 24, ("BTC", "SOL"), ("24h", "7d")),
}
REAL = {
    # One venue's record ends on the 11th; two of the sources of ETH are left.
    "march 2024": Case(datetime(2024, 3, 9, tzinfo=UTC), 72, ("BTC", "ETH", "SOL"), ("1h", "24h")),
    # The largest venue halts from 11:40: a stale close, a bar without volume, then none.
    "halt of 2023-03-24": Case(datetime(2023, 3, 24, 6, tzinfo=UTC), 12, ("BTC", "ETH"), ("1h",)),
}


@pytest.fixture
def synthetic(tmp_path: Path) -> Path:
    return synthetic_prices.write_directory(tmp_path / "prices")


def replay(case: Case, *, prices: Path, entries: Path, report: Path) -> bytes:
    """The report's bytes after a run of the command in a process of its own."""
    command: Sequence[str | Path] = (
        sys.executable, "manage.py", "replay",
        "--prices", prices,
        "--start", oracle_prices.show_time(case.start),
        "--end", oracle_prices.show_time(case.end),
        "--assets", ",".join(case.assets),
        "--horizons", ",".join(case.horizons),
        "--entries", entries,
        "--report", report,
    )  # fmt: skip
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=240, check=False,
        env=os.environ | {"VAR_DIR": str(report.parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return report.read_bytes()


def run_and_judge(case: Case, prices: Path, folder: Path) -> dict[str, Any]:
    """Replays twice; the two must be the same bytes and the oracle must agree with them."""
    rows = oracle.make_entries(prices, case.start, case.end, case.assets, case.horizons, seed=11)
    entries = oracle.write_entries(folder / "entries.csv", rows)
    first, second = (
        replay(case, prices=prices, entries=entries, report=folder / f"report-{number}.json")
        for number in (1, 2)
    )
    assert first == second
    report: dict[str, Any] = json.loads(first)
    problems = oracle.check(
        report, directory=prices, entries=rows,
        start=case.start, end=case.end, assets=case.assets, horizons=case.horizons,
    )  # fmt: skip
    assert problems == []
    return report


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SYNTHETIC)
def test_a_replay_of_invented_prices_agrees_with_the_oracle(
    synthetic: Path, tmp_path: Path, name: str
) -> None:
    report = run_and_judge(SYNTHETIC[name], synthetic, tmp_path)
    assert {row["kind"] for row in report["scores"]} >= {"human", "house", "ai"}
    if "trouble" in name:
        assert {row["status"] for row in report["rounds"]} == {"final", "void"}


@pytest.mark.timeout(600)
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no recorded prices (LEAGUE_DATA_DIR): {DATA}")
@pytest.mark.parametrize("name", REAL)
def test_a_replay_of_recorded_prices_agrees_with_the_oracle(tmp_path: Path, name: str) -> None:
    report = run_and_judge(REAL[name], DATA, tmp_path)
    assert {row["kind"] for row in report["scores"]} >= {"human", "house", "ai"}
