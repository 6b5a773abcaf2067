"""First words, single and in bulk, racing the lock and each other on both databases."""

import uuid
from typing import Any

import pytest

from tests.services import project

pytestmark = pytest.mark.services
RACERS = 6
Facts = dict[str, Any]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def facts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    folder = tmp_path_factory.mktemp("lock-race")
    url = f"sqlite:///{folder / 'league.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").create(f"league_{uuid.uuid4().hex[:12]}")
    environment = project.environment(database_url=url, redis_url="", var_dir=folder)
    project.manage("migrate", "--verbosity=0", env=environment)
    found: Facts = project.script("lock_race", env=environment)
    return found


def test_accepted_is_locked_in_and_nothing_else_is(facts: Facts) -> None:
    assert len(facts["lock"]) == 12
    for race in facts["lock"]:
        assert race["accepted"] == race["locked_in"] == race["stored"]
        assert set(race["statuses"]) <= {201, 409}
    statuses = {status for race in facts["lock"] for status in race["statuses"]}
    assert 201 in statuses


def test_of_one_players_first_words_one_is_first(facts: Facts) -> None:
    oneself = facts["oneself"]
    accepted = [status for status in oneself["statuses"] if status in {200, 201}]
    assert accepted.count(201) == 1
    assert set(oneself["statuses"]) <= {200, 201, 503}
    assert (oneself["revision"], oneself["archived"]) == (len(accepted), len(accepted) - 1)


def test_bulk_requests_over_the_same_rounds_never_wait_crosswise(facts: Facts) -> None:
    bulk = facts["bulk"]
    accepted = [status for status in bulk["statuses"] if status in {200, 201}]
    assert len(accepted) >= 1
    assert set(bulk["statuses"]) <= {200, 201, 503}
    assert bulk["revisions"] == [len(accepted)]
    assert (bulk["rows"], bulk["archived"]) == (20, 20 * (len(accepted) - 1))
