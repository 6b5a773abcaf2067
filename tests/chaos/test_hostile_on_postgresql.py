"""The corpus and the fuzz once more where production runs: PostgreSQL refuses other things."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos import report
from tests.services import project, servers

STORIES = {"schema fuzz": "test_schema_fuzz.py", "hostile corpus": "test_hostile_corpus.py"}


@pytest.mark.chaos
@pytest.mark.services
@pytest.mark.timeout(600)
def test_postgresql_gives_no_server_error_either(
    postgres: servers.Postgres, tmp_path: Path
) -> None:
    """Short forms whatever this one is; the corpus only in the long one."""
    chosen = list(STORIES)[: 2 if report.is_long() else 1]
    lines = tmp_path / "report.jsonl"
    lines.touch()
    environment = {name: value for name, value in os.environ.items() if "XDIST" not in name}
    environment |= {
        "DATABASE_URL": postgres.url("hostile"),
        "VAR_DIR": str(tmp_path),
        "PYTEST_ADDOPTS": "",
        report.LONG: "",
        report.FILE: str(lines),
    }
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", *[f"tests/chaos/{STORIES[name]}" for name in chosen],
            "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--timeout", "500",
            "--basetemp", str(tmp_path / "inner"),
        ],
        env=environment,
        cwd=project.REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )  # fmt: skip
    faults = [line for line in done.stdout.splitlines() if line.startswith("E  ")]
    assert done.returncode == 0, "\n".join(faults[:60]) + done.stderr[-2000:]
    told = [line for line in done.stdout.splitlines() if line.startswith(tuple(STORIES))]
    assert len(told) == len(chosen)
    for line in told:
        counted = dict(pair.rsplit(" ", 1) for pair in line[44:].split("  "))
        assert counted["engine"] == "postgresql"
        report.add(line[:44].strip(), **counted)
