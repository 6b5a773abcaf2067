"""Several processes pump one ledger at once, each in a Python of its own, as workers do."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain import verify

REPOSITORY = Path(__file__).parents[2]
SETUP = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from datetime import UTC, datetime
from django.core.management import call_command
from chain import anchors
from chain.hashing import keccak256
from chain.ledger import exports
from chain.models import Anchor
NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
"""
WISH = """
call_command("migrate", "chain", verbosity=0)
for number in range(int(sys.argv[1])):
    subject = keccak256(b"%d" % number)
    anchors.request(network="local", kind="commitment", subject=subject, digest=subject,
                    payload={"count": number}, now=NOW)
"""
PUMP = """
Anchor.objects.count()
print("ready", flush=True)
sys.stdin.readline()
done = 0
while Anchor.objects.filter(status="wished").exists():
    done += anchors.pump(now=NOW, limit=3)
print(done)
"""
EXPORT = """
print("".join(exports.pieces()))
"""


@dataclass(frozen=True)
class Finish:
    """What each racer says it carried, and the ledger they left."""

    carried: list[int]
    ledger: dict[str, Any]


def race(*, environment: dict[str, str], racers: int, wishes: int) -> Finish:
    """All start together once every one of them is ready to."""
    run(WISH, str(wishes), environment=environment)
    processes = [start(PUMP, environment=environment) for _ in range(racers)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * racers, outputs
    ledger = json.loads(run(EXPORT, environment=environment))
    return Finish([int(out.split()[-1]) for out, _ in outputs], ledger)


def run(script: str, *arguments: str, environment: dict[str, str]) -> str:
    process = start(script, *arguments, environment=environment)
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return out


def start(script: str, *arguments: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SETUP + script, *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def assert_one_unbroken_chain(finish: Finish, *, wishes: int) -> None:
    """Every wish is in the ledger once, carried by somebody, and the chain has no fork."""
    entries = finish.ledger["entries"]
    assert sorted(entry["count"] for entry in entries) == list(range(wishes))
    silent = {"anchor": None, "result": None}
    assert f"{wishes} entries, unbroken" in verify.check_ledger(silent, finish.ledger)
    assert sum(finish.carried) == wishes
