"""What must hold of boards; each check counts the boards or rows that break it.

`since` leaves out the boards published earlier.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db.models import F, Max, Window
from django.db.models.functions import RowNumber

from leaderboard import standings
from leaderboard.models import Board, Standing
from leaderboard.ranking import Row
from leaderboard.verdict import Verdict
from league.models import Round
from league.models.round import Status

Check = Callable[[datetime], int]
Waiting = Callable[[datetime], tuple[int, datetime | None]]
NUMBERS: Final = (
    "rounds", "locks", "mean_milli", "rating_milli", "low_milli", "high_milli", "coverage",
    "is_provisional",
)  # fmt: skip
FINDINGS: Final = ("ai", "locks", "mean_points", "low", "high", "detectable_points", "decided")


def boards_unlike_their_scores(since: datetime) -> int:
    """I9: a board made anew from the scores is the board published, verdict and all.

    A board that does not cover every final round, or moves meanwhile, is the next sweep's. Ranks
    are I10's: who is ranked may have been decided anew since.
    """
    published = Board.objects.filter(published_at__gte=since)
    return sum(not _is_as_derived(board) for board in published.iterator())


def ranks_out_of_order(since: datetime) -> int:
    """I10: ranks are 1..n in the order of rating, rounds and registration, which has no ties."""
    place = Window(
        RowNumber(),
        partition_by="board",
        order_by=[F("rating_milli").desc(), F("rounds").desc(), F("player").asc()],
    )
    ranked = Standing.objects.filter(rank__isnull=False, board__published_at__gte=since)
    return ranked.annotate(place=place).exclude(rank=F("place")).count()


def boards(_now: datetime) -> tuple[int, datetime | None]:
    """I22: boards that do not cover all final rounds, and since when the newest of these waits."""
    behind = standings.lagging()
    finals = Round.objects.filter(status=Status.FINAL)
    newest = [
        finals.filter(season=season, horizon=horizon).aggregate(at=Max("finalized_at"))["at"]
        for season, horizon in behind
    ]
    return len(behind), min((at for at in newest if at is not None), default=None)


def _is_as_derived(board: Board) -> bool:
    sizes = standings.sizes_of(board.season_id, board.horizon)
    rows, judged = standings.derive(board.season_id, board.horizon, sizes=sizes)
    stored = {
        row["player"]: tuple(row[name] for name in NUMBERS)
        for row in Standing.objects.filter(board=board).values("player", *NUMBERS)
    }
    if not _is_still(board, sizes=sizes):
        return True
    is_same_table = stored == {row.key: _numbers(row) for row in rows}
    totals = (sum(sizes.values()), len(sizes))
    return (
        is_same_table and (board.rounds, board.locks) == totals and _is_said(board.verdict, judged)
    )


def _is_said(told: Mapping[str, Any], judged: Verdict) -> bool:
    """Whether that is the verdict; boards published before it had an interval said less."""
    whole = judged.as_json()
    if "interval" in told:
        return told == whole
    return all(told.get(name) == whole[name] for name in FINDINGS)


def _is_still(board: Board, *, sizes: Mapping[datetime, int]) -> bool:
    now = standings.sizes_of(board.season_id, board.horizon)
    same = Board.objects.filter(pk=board.pk, version=board.version, rounds=sum(sizes.values()))
    return now == sizes and same.exists()


def _numbers(row: Row) -> tuple[Any, ...]:
    return (
        row.rounds, row.locks, row.mean, row.rating, row.low, row.high, row.coverage,
        row.is_provisional,
    )  # fmt: skip


CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {
    "I9": (boards_unlike_their_scores,),
    "I10": (ranks_out_of_order,),
}
WAITING: Final[Mapping[str, Waiting]] = {"board": boards}
