"""F12: dying between any two steps of a transaction doubles nothing on chain and loses nothing."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import report, scripts
from tests.services import project, servers
from tests.services.anvil import CHAIN_ID, KEYS, anvil, needed

pytestmark = [pytest.mark.chaos, pytest.mark.services, needed]


def play(url: str, *arguments: object, folder: Path) -> dict[str, Any]:
    """The script on an empty database and a chain of its own."""
    environment = project.environment(database_url=url, redis_url="", var_dir=folder)
    project.manage("migrate", "--verbosity=0", env=environment)
    with anvil(folder) as chain:
        environment |= {
            "CHAIN_RPC_URLS": chain.url,
            "CHAIN_ID": str(CHAIN_ID),
            "CHAIN_CONTRACT": chain.deploy().contract,
            "CHAIN_CONFIRMATIONS": "3",
            "CHAIN_DAILY_GAS": "0",
            "PRIVATE_KEY": KEYS[0],
        }
        return scripts.run("chain_crashes", *arguments, env=environment)


@pytest.mark.timeout(600)
def test_dying_anywhere_leaves_each_digest_on_chain_once(tmp_path: Path) -> None:
    kills, seed = 500 if report.is_long() else 60, report.seed()
    found = play(f"sqlite:///{tmp_path / 'league.sqlite3'}", "crash", seed, kills, folder=tmp_path)
    report.add(
        "chain crash points",
        moments=found["moments"], killed=found["killed"], doubled=found["doubled"],
        missing=found["missing"] + found["unfinished"], seed=seed,
    )  # fmt: skip
    assert found["missed"] == []
    assert found["killed"] == kills + 5
    assert (found["doubled"], found["missing"], found["unfinished"]) == (0, 0, 0), found
    assert found["strange"] == 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_six_processes_share_one_key_without_a_gap(
    engine: str, postgres: servers.Postgres, tmp_path: Path
) -> None:
    is_sqlite = engine == "sqlite"
    made = f"sqlite:///{tmp_path / 'league.sqlite3'}"
    url = made if is_sqlite else postgres.create(f"race_{uuid.uuid4().hex[:8]}")
    found = play(url, "race", 6, 15, folder=tmp_path)
    report.add(f"one key, six processes ({engine})", **found)
    assert (found["doubled"], found["missing"], found["strange"]) == (0, 0, 0), found
    first, last, distinct = found["nonces"]
    assert (last - first + 1, distinct) == (90, 90), found
