"""One Idempotency-Key, many requests at the same moment: one effect, one answer."""

import uuid
from typing import Any

import pytest

from tests.services import project

pytestmark = pytest.mark.services
RACERS = 16
Facts = dict[str, Any]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def scenes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """Every scene of tests/services/same_key.py, played once on each database."""
    folder = tmp_path_factory.mktemp("same-key")
    url = f"sqlite:///{folder / 'league.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").create(f"league_{uuid.uuid4().hex[:12]}")
    environment = project.environment(database_url=url, redis_url="", var_dir=folder)
    project.manage("migrate", "--verbosity=0", env=environment)
    played: Facts = project.script("same_key", env=environment)
    return played


def test_one_request_sent_sixteen_times_at_once_is_done_once(scenes: Facts) -> None:
    facts = scenes["one_body"]
    answered = [row for row in facts["answers"] if row["status"] == 201]
    waiting = [row for row in facts["answers"] if row["status"] != 201]
    assert len(facts["answers"]) == RACERS
    assert {row["code"] for row in waiting} <= {"key_in_flight"}
    assert len({row["body"] for row in answered}) == 1
    assert [row["is_replay"] for row in answered].count(False) == 1
    assert (facts["revisions"], facts["archived"], facts["kept"]) == ([1], 0, [201])


def test_of_sixteen_bodies_under_one_key_one_is_accepted(scenes: Facts) -> None:
    facts = scenes["many_bodies"]
    codes = sorted(str(row["code"] or row["status"]) for row in facts["answers"])
    assert (len(codes), codes[0]) == (RACERS, "201")
    assert set(codes[1:]) <= {"idempotency_mismatch", "key_in_flight"}
    assert (facts["revisions"], facts["archived"], facts["kept"]) == ([1], 0, [201])


def test_sixteen_refusals_leave_nothing(scenes: Facts) -> None:
    facts = scenes["closed_round"]
    codes = {row["code"] for row in facts["answers"]}
    assert "round_not_open" in codes
    assert codes <= {"round_not_open", "key_in_flight"}
    assert (facts["revisions"], facts["archived"], facts["kept"]) == ([], 0, [])


@pytest.mark.parametrize("scenes", ["postgresql"], indirect=True)  # SQLite has one writer
def test_a_request_whose_twin_is_still_in_flight_is_told_to_come_again(scenes: Facts) -> None:
    facts = scenes["slow_first"]
    first, second, third = facts["answers"]
    assert (first["status"], first["is_replay"]) == (201, False)
    assert (second["status"], second["code"]) == (409, "key_in_flight")
    assert (third["status"], third["is_replay"], third["body"]) == (201, True, first["body"])
    assert (facts["revisions"], facts["archived"], facts["kept"]) == ([1], 0, [201])
