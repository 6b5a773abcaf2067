import random
from datetime import UTC, datetime, timedelta

import pytest

from leaderboard import head_to_head, verdict
from leaderboard.head_to_head import Duel, Meeting

START = datetime(2025, 1, 1, tzinfo=UTC)


def meet(locks: int, *, lead: float, assets: int = 2, seed: int = 3) -> list[Meeting]:
    dice = random.Random(seed)
    return [
        Meeting(START + timedelta(hours=n), f"A{asset}", round(dice.gauss(lead, 20_000)), 0)
        for n in range(locks)
        for asset in range(assets)
    ]


def compare(met: list[Meeting]) -> Duel:
    return head_to_head.compare(met, horizon="1h")


def test_a_clear_lead_names_whoever_has_it() -> None:
    found = compare(meet(80, lead=40_000))
    assert (found.decided, found.rounds, found.locks, found.evidence) == ("first", 160, 80, 80)
    assert head_to_head.say(found, first="ada", second="bob").startswith("ada beats bob by")
    other = compare(meet(80, lead=-40_000))
    assert other.decided == "second"
    assert head_to_head.say(other, first="ada", second="bob").startswith("bob beats ada by")


def test_swapping_the_players_mirrors_everything() -> None:
    met = meet(40, lead=4_000)
    one = compare(met)
    other = compare([Meeting(m.lock, m.asset, m.second, m.first) for m in met])
    assert (one.first, one.second) == (other.second, other.first)
    assert one.lead == -(other.lead or 0)
    assert (one.low, one.high) == (-(other.high or 0), -(other.low or 0))


def test_equals_are_told_apart_by_nothing() -> None:
    found = compare(meet(60, lead=0))
    assert found.decided == "not_yet"
    said = head_to_head.say(found, first="ada", second="bob")
    assert said.startswith("Not yet decided:")


@pytest.mark.parametrize("locks", range(verdict.LEAST_LOCKS))
def test_a_handful_of_locks_decides_nothing(locks: int) -> None:
    found = compare(meet(locks, lead=90_000))
    assert (found.decided, found.lead, found.locks) == ("not_yet", None, locks)
    assert "fewer than 5 locks" in head_to_head.say(found, first="ada", second="bob")


def test_overlapping_rounds_are_one_piece_of_evidence() -> None:
    found = head_to_head.compare(meet(48, lead=0), horizon="24h")
    assert (found.locks, found.evidence) == (48, 2)
