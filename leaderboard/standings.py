"""The table sweep: every board whose season has new final rounds is made anew from the tallies."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, QuerySet, Sum

from leaderboard import ranking, tables, verdict
from leaderboard.models import Board, Standing
from leaderboard.ranking import Competitor, Row, Terms
from leaderboard.verdict import Verdict
from league import departure
from league.horizons import TABLE
from league.models import Player, Round, Season
from league.models.round import Status
from predictions import allowance
from predictions.models import Score

logger = logging.getLogger(__name__)
# A board rests a second for so many players it shows: some times what making it took.
PLAYERS_A_SECOND = 10_000
CROWD = "crowd"
Pairs = dict[datetime, list[tuple[int, int]]]


class _Moved(Exception):
    """Rounds became final while their board was made."""


def publish(*, now: datetime) -> int:
    """Republish the boards that lag behind their final rounds and have rested. Returns how many.

    Whatever is not published now, for whatever reason, still lags at the next look.
    """
    due = [of for of in lagging() if _is_rested(*of, now=now)]
    return sum(_try(season, horizon, now=now) for season, horizon in due)


def lagging() -> list[tuple[UUID, str]]:
    """Season and horizon of the boards that do not cover all final rounds, frozen ones aside."""
    finals = (
        Round.objects.filter(status=Status.FINAL)
        .values_list("season", "horizon")
        .annotate(rounds=Count("pk"))
    )
    boards = list(Board.objects.all())
    shown = {(board.season_id, board.horizon): board.rounds for board in boards}
    frozen = {(board.season_id, board.horizon) for board in boards if board.frozen_at}
    return [
        (row[0], row[1])
        for row in finals
        if (row[0], row[1]) not in frozen and shown.get((row[0], row[1])) != row[2]
    ]


def _is_rested(season: UUID, horizon: str, *, now: datetime) -> bool:
    """Whether the last publication is as old as its cost asks; virtual time may precede it."""
    board = Board.objects.filter(season=season, horizon=horizon).first()
    if board is None:
        return True
    rest = timedelta(seconds=board.players // PLAYERS_A_SECOND)
    return not timedelta(0) <= now - board.published_at < rest


def _try(season: UUID, horizon: str, *, now: datetime) -> bool:
    """One board that fails unexpectedly keeps no other from being published."""
    try:
        return _publish(season, horizon, now=now)
    except Exception as error:
        departure.heed(error)
        logger.exception("board not published", extra={"season": str(season), "horizon": horizon})
        return False


def _publish(season: UUID, horizon: str, *, now: datetime) -> bool:
    sizes = sizes_of(season, horizon)
    judged = judge(season, horizon)
    try:
        with transaction.atomic(durable=True):
            allowance.take()
            board, _ = Board.objects.select_for_update().get_or_create(
                season_id=season,
                horizon=horizon,
                defaults={"rounds": 0, "locks": 0, "published_at": now, "version": 0},
            )
            _require(is_still=board.frozen_at is None)
            _require(is_still=sizes_of(season, horizon) == sizes)  # before the costly part, too
            Standing.objects.filter(board=board).delete()
            players = tables.write(board, terms=_terms(sizes, horizon))
            Board.objects.filter(pk=board.pk).update(
                rounds=sum(sizes.values()),
                locks=len(sizes),
                players=players,
                published_at=now,
                version=F("version") + 1,
                verdict=judged.as_json(),
            )
            _require(is_still=sizes_of(season, horizon) == sizes)
    except _Moved:
        return False  # rounds became final meanwhile: the next look has them all
    return True


def _require(*, is_still: bool) -> None:
    """:raises _Moved: and with it undoes the caller's transaction."""
    if not is_still:
        raise _Moved


def _terms(sizes: Mapping[datetime, int], horizon: str) -> Terms:
    of = TABLE[horizon]
    return Terms(sizes, shrinkage=of.shrinkage, length=of.length)


def derive(
    season: UUID, horizon: str, *, sizes: Mapping[datetime, int]
) -> tuple[list[Row], Verdict]:
    """A board's rows and verdict made anew from the scores; `sizes` as of `sizes_of`.

    What is published comes from the tallies: the invariants compare the two.
    """
    rows = ranking.table(competitors_of(season, horizon), terms=_terms(sizes, horizon))
    return rows, judge(season, horizon)


def judge(season: UUID, horizon: str) -> Verdict:
    """The AI side is named by the season's rules, never chosen afterwards."""
    ai = Season.objects.get(pk=season).ai_side
    return verdict.judge(pairs_of(season, horizon, ai=ai), horizon=horizon, ai=ai)


def sizes_of(season: UUID, horizon: str) -> dict[datetime, int]:
    """Final rounds by lock."""
    return dict(
        Round.objects.filter(season=season, horizon=horizon, status=Status.FINAL)
        .values_list("locks_at")
        .annotate(rounds=Count("pk"))
    )


def competitors_of(season: UUID, horizon: str) -> Iterator[Competitor]:
    """Whoever has scores, one at a time; the database adds up each lock."""
    scores = _scores(season, horizon)
    players = Player.objects.in_bulk(list(scores.values_list("player", flat=True).distinct()))
    sums = (
        scores.values_list("player", "round__locks_at")
        .annotate(milli=Sum("points_milli"), rounds=Count("pk"))
        .order_by("player")
    )
    for key, rows in groupby(sums.iterator(), key=itemgetter(0)):
        points = {lock: (milli, rounds) for _, lock, milli, rounds in rows}
        if key in players:  # else their first score came meanwhile, with a round not in the sizes
            yield Competitor(key, players[key].is_ranked, points)


def pairs_of(season: UUID, horizon: str, *, ai: str) -> Pairs:
    """(AI, crowd) milli-points by lock, over the assets where both were scored."""
    players = Player.objects.filter(handle__in=(ai, CROWD))
    handles = dict(players.values_list("pk", "handle"))
    rows = (  # by key: an index lookup a round, however many scores it has
        _scores(season, horizon)
        .filter(player__in=list(handles))
        .values_list("player", "round__locks_at", "round__asset", "points_milli")
    )
    sides: dict[str, dict[tuple[datetime, str], int]] = {ai: {}, CROWD: {}}
    for player, lock, asset, milli in rows.iterator():
        sides[handles[player]][lock, asset] = milli
    pairs: Pairs = defaultdict(list)
    for where, milli in sides[CROWD].items():
        if where in sides[ai]:
            pairs[where[0]].append((sides[ai][where], milli))
    return pairs


def _scores(season: UUID, horizon: str) -> QuerySet[Score]:
    return Score.objects.filter(
        round__season=season, round__horizon=horizon, round__status=Status.FINAL
    )
