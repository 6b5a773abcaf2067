from pathlib import Path

import pytest

from tests.chain import racers

WISHES = 120


@pytest.mark.services
def test_processes_pumping_one_postgresql_ledger_at_once_never_fork_it(
    postgres_url: str, tmp_path: Path
) -> None:
    environment = {"DATABASE_URL": postgres_url, "VAR_DIR": str(tmp_path)}
    finish = racers.race(environment=environment, racers=4, wishes=WISHES)
    racers.assert_one_unbroken_chain(finish, wishes=WISHES)
