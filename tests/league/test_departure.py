import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from league import departure, quarantine
from league.models import Round
from tests import factories

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _stay() -> Iterator[None]:
    yield
    departure._WISH[0] = 0


class TimeIsUp(Exception):
    pass


def test_a_forked_child_learns_of_its_parents_wish() -> None:
    asked, said = os.pipe()
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(ready, 1)
        os.write(said, b"leave" if departure.is_announced() else b"stay")
        os._exit(0)
    assert not departure.is_announced()
    departure.announce()
    os.write(go, b"1")
    assert os.read(asked, 5) == b"leave"
    os.waitpid(child, 0)
    for end in (asked, said, ready, go):
        os.close(end)


def test_whoever_leaves_begins_no_unit(db: None) -> None:
    taken: list[Round] = []

    def step(round_: Round, *, now: datetime) -> bool:
        taken.append(round_)
        return True

    round_ = factories.round_of(factories.season(), locks_at=NOW)
    assert quarantine.attempt(step, round_, now=NOW)
    departure.announce()
    assert not quarantine.attempt(step, round_, now=NOW)
    assert taken == [round_]


def test_a_unit_interrupted_from_outside_is_no_strike_against_its_round(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departure, "_INTERRUPTIONS", [TimeIsUp])

    def step(round_: Round, *, now: datetime) -> bool:
        raise TimeIsUp

    round_ = factories.round_of(factories.season(), locks_at=NOW)
    with pytest.raises(TimeIsUp):
        quarantine.attempt(step, round_, now=NOW)
    round_.refresh_from_db()
    assert round_.attempts == 0
