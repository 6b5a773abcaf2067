"""Chaos tests: short and seeded by default, long under `make chaos` (CHAOS=long)."""

import os
import tempfile
from pathlib import Path

import pytest

from tests.chaos import report
from tests.services.conftest import postgres, postgres_url, redis_url

__all__ = ["postgres", "postgres_url", "redis_url"]

if report.FILE not in os.environ:  # the first process of the session; its workers inherit it
    handle, name = tempfile.mkstemp(prefix="league-chaos-", suffix=".jsonl")
    os.close(handle)
    os.environ[report.FILE] = name


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Printed once, by the process that started the session."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    found = report.lines()
    if found:
        terminalreporter.section("chaos", sep="=")
        for line in found:
            terminalreporter.write_line(line)
    Path(os.environ[report.FILE]).unlink(missing_ok=True)
