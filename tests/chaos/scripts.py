"""The chaos modules that run as programs of their own, away from the test's database."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from tests.services import project

QUIET = {"LOG_LEVEL": "ERROR", "PYTHONWARNINGS": "ignore"}


def run(name: str, *arguments: object, env: Mapping[str, str]) -> dict[str, Any]:
    """The JSON that tests/chaos/<name>.py prints."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.chaos.{name}", *map(str, arguments)],
        env=dict(env) | QUIET,
        cwd=project.REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told
