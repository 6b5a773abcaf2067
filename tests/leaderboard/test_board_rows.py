"""The rows of a published board can never be what these tests try."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from leaderboard.models import Board, Standing
from tests import factories
from tests.factories import NOON


@pytest.fixture
def board(db: None) -> Board:
    return Board.objects.create(
        season=factories.season(), horizon="1h", rounds=1, locks=1, published_at=NOON
    )


def standing(board: Board, **fields: Any) -> Standing:
    whole = {"rounds": 1, "locks": 1, "mean_milli": 0, "rating_milli": 0, "coverage": 1.0}
    return Standing.objects.create(board=board, is_provisional=False, **(whole | fields))


def test_a_season_has_one_board_per_horizon(board: Board) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Board.objects.create(
            season=board.season, horizon="1h", rounds=2, locks=2, published_at=NOON
        )


def test_a_player_stands_once_on_a_board(board: Board) -> None:
    ada = factories.human("ada")
    standing(board, player=ada, rank=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        standing(board, player=ada, rank=2)


@pytest.mark.parametrize("coverage", [-0.01, 1.01])
def test_coverage_is_a_share(board: Board, coverage: float) -> None:
    with pytest.raises(IntegrityError, match="standing_coverage"), transaction.atomic():
        standing(board, player=factories.human("ada"), coverage=coverage)
