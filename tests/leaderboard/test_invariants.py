from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F

from leaderboard import invariants
from leaderboard.models import Board, Standing
from league.models import Player
from tests import played
from tests.played import PRESENT

pytestmark = pytest.mark.usefixtures("_played_season")


def ranked(rank: int) -> Any:
    return Standing.objects.filter(rank=rank)


def last() -> Any:
    return ranked(Standing.objects.filter(rank__isnull=False).count())


def exchanged() -> None:
    first, second = ranked(1).get(), ranked(2).get()
    Standing.objects.filter(pk=first.pk).update(rank=2)
    Standing.objects.filter(pk=second.pk).update(rank=1)


def promoted() -> None:
    """Above everybody else, by numbers and without the rank."""
    last().update(rating_milli=10**6)


def judged_otherwise() -> None:
    board = Board.objects.get()
    board.verdict["decided"] = "humans"
    board.save()


def judged_in_other_words() -> None:
    board = Board.objects.get()
    board.verdict["text"] = "People won."
    board.save()


CASES: list[tuple[Callable[[], object], set[str]]] = [
    (lambda: ranked(3).update(mean_milli=F("mean_milli") + 1), {"I9"}),
    (lambda: ranked(3).update(coverage=0.5), {"I9"}),
    (lambda: Standing.objects.filter(rank=None).update(rounds=1), {"I9"}),
    (lambda: last().delete(), {"I9"}),
    (judged_otherwise, {"I9"}),
    (judged_in_other_words, {"I9"}),
    (lambda: Board.objects.update(locks=1), {"I9"}),
    (exchanged, {"I10"}),
    (lambda: ranked(1).update(rank=2), {"I10"}),
    (lambda: last().update(rank=F("rank") + 1), {"I10"}),
    (promoted, {"I9", "I10"}),
]


@pytest.mark.parametrize(("corrupt", "broken"), CASES)
def test_a_board_that_was_tampered_with_is_found(
    corrupt: Callable[[], object], broken: set[str]
) -> None:
    with played.ruin():
        corrupt()
        assert set(played.violated()) == broken


def test_a_verdict_of_before_it_had_an_interval_still_stands_or_falls() -> None:
    with played.ruin():
        board = Board.objects.get()
        for name in ("interval", "sequence", "more_locks"):
            del board.verdict[name]
        board.verdict["text"] = "As it was said then."
        board.save()
        assert played.violated() == {}
        board.verdict["locks"] += 1
        board.save()
        assert set(played.violated()) == {"I9"}


def test_a_board_behind_its_rounds_is_no_violation_but_waits() -> None:
    with played.ruin():
        assert invariants.boards(PRESENT) == (0, None)
        Board.objects.update(rounds=F("rounds") - 1)
        ranked(3).update(mean_milli=F("mean_milli") + 1)
        assert played.violated() == {}
        assert invariants.boards(PRESENT) == (1, PRESENT)


def test_who_is_ranked_may_be_decided_anew_after_publication() -> None:
    with played.ruin(unchecked=True):
        Player.objects.filter(handle="human-3").update(kind="bot", is_primary=False)
        assert set(played.violated()) == {"I8"}  # the crowd had been scored with this human
