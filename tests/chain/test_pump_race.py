from pathlib import Path

from tests.chain import racers

WISHES = 40


def test_processes_pumping_one_sqlite_ledger_at_once_never_fork_it(tmp_path: Path) -> None:
    environment = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'league.sqlite3'}",
        "VAR_DIR": str(tmp_path),
    }
    finish = racers.race(environment=environment, racers=2, wishes=WISHES)
    racers.assert_one_unbroken_chain(finish, wishes=WISHES)
