"""The table sweep: every board whose season has new final rounds is made anew from the scores."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F

from leaderboard import ranking, verdict
from leaderboard.models import Board, Standing
from leaderboard.ranking import Competitor, Row
from leaderboard.verdict import Verdict
from league.horizons import TABLE
from league.models import Player, Round
from league.models.round import Status
from predictions.models import Score

logger = logging.getLogger(__name__)
# The AI side is named before the season and never chosen afterwards.
AI_SIDE = "vol-scholar"
CROWD = "crowd"
Points = dict[int, dict[datetime, dict[str, int]]]


def publish(*, now: datetime) -> int:
    """Republish every board that lags behind its season's final rounds. Returns how many."""
    return sum(_try(season, horizon, now=now) for season, horizon in lagging())


def lagging() -> list[tuple[UUID, str]]:
    """Season and horizon of the boards that do not cover all final rounds."""
    finals = (
        Round.objects.filter(status=Status.FINAL)
        .values_list("season", "horizon")
        .annotate(rounds=Count("pk"))
    )
    shown = {(board.season_id, board.horizon): board.rounds for board in Board.objects.all()}
    return [(row[0], row[1]) for row in finals if shown.get((row[0], row[1])) != row[2]]


def _try(season: UUID, horizon: str, *, now: datetime) -> bool:
    """One board that fails unexpectedly keeps no other from being published."""
    try:
        return _publish(season, horizon, now=now)
    except Exception:
        logger.exception("board not published", extra={"season": str(season), "horizon": horizon})
        return False


def _publish(season: UUID, horizon: str, *, now: datetime) -> bool:
    sizes = sizes_of(season, horizon)
    rows, judged = derive(season, horizon, sizes=sizes)
    if sizes_of(season, horizon) != sizes:
        return False  # rounds became final meanwhile: the next look has them all
    with transaction.atomic(durable=True):
        board, _ = Board.objects.select_for_update().get_or_create(
            season_id=season,
            horizon=horizon,
            defaults={"rounds": 0, "locks": 0, "published_at": now, "version": 0},
        )
        Board.objects.filter(pk=board.pk).update(
            rounds=sum(sizes.values()),
            locks=len(sizes),
            published_at=now,
            version=F("version") + 1,
            verdict=judged.as_json(),
        )
        Standing.objects.filter(board=board).delete()
        Standing.objects.bulk_create([_standing(board, row) for row in rows])
    return True


def derive(
    season: UUID, horizon: str, *, sizes: Mapping[datetime, int]
) -> tuple[list[Row], Verdict]:
    """A board's rows and verdict from the scores; `sizes` as of `sizes_of`."""
    points = points_of(season, horizon)
    players = Player.objects.in_bulk(points)
    rows = ranking.table(
        [_competitor(player, points[player.pk]) for player in players.values()],
        sizes=sizes,
        shrinkage=TABLE[horizon].shrinkage,
    )
    by_handle = {player.handle: points[player.pk] for player in players.values()}
    return rows, verdict.judge(pairs_of(by_handle), horizon=horizon, ai=AI_SIDE)


def sizes_of(season: UUID, horizon: str) -> dict[datetime, int]:
    """Final rounds by lock."""
    return dict(
        Round.objects.filter(season=season, horizon=horizon, status=Status.FINAL)
        .values_list("locks_at")
        .annotate(rounds=Count("pk"))
    )


def points_of(season: UUID, horizon: str) -> Points:
    """Milli-points by player, lock and asset, from the final rounds' scores."""
    found: Points = defaultdict(lambda: defaultdict(dict))
    rows: Iterable[tuple[int, datetime, str, int]] = Score.objects.filter(
        round__season=season, round__horizon=horizon, round__status=Status.FINAL
    ).values_list("player", "round__locks_at", "round__asset", "points_milli")
    for player, lock, asset, milli in rows:
        found[player][lock][asset] = milli
    return found


def pairs_of(
    by_handle: dict[str, dict[datetime, dict[str, int]]],
) -> dict[datetime, list[tuple[int, int]]]:
    """(AI, crowd) milli-points by lock, over the assets where both were scored."""
    machine, people = by_handle.get(AI_SIDE, {}), by_handle.get(CROWD, {})
    pairs = {
        lock: [
            (machine[lock][asset], milli)
            for asset, milli in crowd.items()
            if asset in machine[lock]
        ]
        for lock, crowd in people.items()
        if lock in machine
    }
    return {lock: both for lock, both in pairs.items() if both}


def _competitor(player: Player, points: dict[datetime, dict[str, int]]) -> Competitor:
    by_lock = {lock: list(assets.values()) for lock, assets in points.items()}
    return Competitor(player.pk, player.is_ranked, by_lock)


def _standing(board: Board, row: Row) -> Standing:
    return Standing(
        board=board,
        player_id=row.key,
        rounds=row.rounds,
        locks=row.locks,
        mean_milli=row.mean,
        rating_milli=row.rating,
        low_milli=row.low,
        high_milli=row.high,
        coverage=row.coverage,
        rank=row.rank,
        is_provisional=row.is_provisional,
    )
