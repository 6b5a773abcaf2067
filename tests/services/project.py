"""The project as its users run it: commands and servers in processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.services.servers import free_port

REPOSITORY = Path(__file__).parents[2]


def environment(*, database_url: str, redis_url: str, var_dir: Path) -> dict[str, str]:
    """What a process of the project is told; everything else stays at its default."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "VAR_DIR": str(var_dir),
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
        "RATE_LIMIT_RPM": "1000000",
        "PORT": str(free_port()),
    }


def manage(*arguments: str, env: Mapping[str, str]) -> str:
    """Run manage.py to its end; its output on standard output."""
    return _run([str(REPOSITORY / "manage.py"), *arguments], env=env)


def script(name: str, *arguments: str, env: Mapping[str, str]) -> Any:
    """Run tests/services/<name>.py to its end; the JSON it prints."""
    return json.loads(_run(["-m", f"tests.services.{name}", *arguments], env=env))


def _run(arguments: list[str], *, env: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=dict(env),
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout
