"""The end of a season: its boards are frozen, and their roots wished on its ledger."""

import logging
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from chain import anchors, merkle, schema
from chain.models import Kind
from leaderboard import standings
from leaderboard.models import Board, Standing
from league import departure
from league.models import Round, Season
from league.models.delivery import EventType
from league.models.round import Status
from league.webhooks import audience
from league.webhooks.audience import News

logger = logging.getLogger(__name__)
OVER: Final = (Status.FINAL, Status.VOID)


def publish(*, now: datetime) -> int:
    """Republish the boards that lag, freeze those of seasons that are over, and say so.

    Returns how many.
    """
    return standings.publish(now=now) + freeze(now=now) + finish(now=now)


def freeze(*, now: datetime) -> int:
    """Freeze the boards of seasons whose last round is over. Returns how many."""
    lagging = set(standings.lagging())
    due = [board for board in complete(now=now) if (board.season_id, board.horizon) not in lagging]
    return sum(_try(board, now=now) for board in due)


def finish(*, now: datetime) -> int:
    """Say of seasons whose boards are all frozen that they are finished. Returns how many."""
    running = Round.objects.filter(season=OuterRef("pk")).exclude(status__in=OVER)
    moving = Board.objects.filter(season=OuterRef("pk"), frozen_at=None)
    over = Season.objects.unfinished(now=now).filter(~Exists(running), ~Exists(moving))
    due = list(over.select_related("league"))
    lagging = {season for season, _ in standings.lagging()} if due else set()
    return sum(_finish(season, now=now) for season in due if season.pk not in lagging)


def complete(*, now: datetime) -> QuerySet[Board]:
    """Boards to which no round can be added any more."""
    running = Round.objects.filter(season=OuterRef("season"), horizon=OuterRef("horizon")).exclude(
        status__in=OVER
    )
    ended = Board.objects.filter(~Exists(running), season__ends_at__lte=now, frozen_at=None)
    return ended.select_related("season").order_by("season__ends_at", "pk")


def _try(board: Board, *, now: datetime) -> bool:
    """One board that fails unexpectedly keeps no other from being frozen."""
    try:
        return _freeze(board, now=now)
    except Exception as error:
        departure.heed(error)
        logger.exception("board not frozen", extra={"board": board.pk})
        return False


def _freeze(board: Board, *, now: datetime) -> bool:
    key, (root, count) = key_of(board), root_of(board)
    with transaction.atomic(durable=True):
        mine = Board.objects.filter(pk=board.pk, version=board.version, frozen_at=None)
        if not mine.update(frozen_at=now, root=root.hex()):
            return False
        anchors.request(
            network=board.season.network,
            kind=Kind.BOARD,
            subject=key,
            digest=root,
            payload={"season": board.season.slug, "horizon": board.horizon, "count": count},
            now=now,
        )
    return True


def _finish(season: Season, *, now: datetime) -> bool:
    """Whether this call did it: whoever listens is told in the same commit, but of no sandbox."""
    news = News(
        type=EventType.SEASON_FINISHED,
        at=now,
        data={"season": season.slug, "is_simulated": season.is_simulated},
        paths={
            "season": f"{audience.API}/seasons/{season.slug}",
            "leaderboard": f"{audience.API}/leaderboard?season={season.slug}",
        },
        circle=audience.circle(season.league),
    )
    with transaction.atomic(durable=True):
        if not Season.objects.filter(pk=season.pk, finished_at=None).update(finished_at=now):
            return False
        audience.tell([] if season.is_sandbox else [news], now=now)
    return True


def key_of(board: Board) -> bytes:
    """The board's identity on any chain, 32 bytes."""
    return schema.board_key(
        league=board.season.pinned["league"],
        season=board.season.slug,
        horizon=board.horizon,
        rules_hash=bytes.fromhex(board.season.rules_hash),
    )


def root_of(board: Board) -> tuple[bytes, int]:
    """The root over its ranked rows, and how many they are."""
    key = key_of(board)
    rows = Standing.objects.filter(board=board, rank__isnull=False).order_by("rank")
    found = rows.values_list("rank", "player__handle", "rating_milli")
    leaves = [schema.board_leaf(key, rank or 0, handle, milli) for rank, handle, milli in found]
    return merkle.root(leaves), len(leaves)
