"""The report of a replay: everything that was decided, sorted, the same bytes every time."""

from datetime import datetime
from typing import Any

from config.instants import show_instant
from leaderboard import queries
from leaderboard.models import Standing
from league.models import Round, Season
from league.models.round import Status
from markets import observations
from markets.providers.replay import PREFIX
from predictions.models import Score

Json = dict[str, Any]


def of(season: Season) -> Json:
    boards = list(queries.boards(season=season.pk))
    rows = [row for board in boards for row in queries.table(board=board)]
    horizons = {board.pk: board.horizon for board in boards}
    standings = [_standing(row, horizon=horizons[row.board_id]) for row in rows]
    return {
        "rounds": _rounds(season),
        "scores": _scores(season),
        "standings": sorted(standings, key=_place),
        "verdict": {board.horizon: board.verdict for board in boards},
    }


def _rounds(season: Season) -> list[Json]:
    rounds = Round.objects.filter(season=season).select_related("season")
    return [_round(one) for one in rounds.order_by("asset", "horizon", "locks_at")]


def _round(round_: Round) -> Json:
    settled = round_.settlement_price is not None
    return {
        "asset": round_.asset_id,
        "horizon": round_.horizon,
        "opens_at": show_instant(round_.opens_at),
        "locks_at": show_instant(round_.locks_at),
        "settles_at": show_instant(round_.settles_at),
        "status": round_.status,
        "reference_price": _text(round_.reference_price),
        "settlement_price": _text(round_.settlement_price),
        "sigma_bp": round_.sigma_bp,
        "sources": _sources(round_, instant=round_.settles_at if settled else round_.locks_at),
    }


def _sources(round_: Round, *, instant: datetime) -> list[str]:
    """The venues whose valid observations of the settlement (or the reference) are on record."""
    rows = observations.stored(
        symbol=round_.asset_id, instant=instant, price_mode=round_.season.price_mode
    )
    return sorted(row.source.removeprefix(PREFIX) for row in rows if row.is_valid)


def _scores(season: Season) -> list[Json]:
    rows = (
        Score.objects.filter(round__season=season, round__status=Status.FINAL)
        .values_list(
            "player__handle", "player__kind", "round__asset", "round__horizon",
            "round__locks_at", "points_milli",
        )
        .order_by("player__handle", "round__asset", "round__horizon", "round__locks_at")
    )  # fmt: skip
    return [
        {
            "player": player,
            "kind": kind,
            "asset": asset,
            "horizon": horizon,
            "locks_at": show_instant(locks_at),
            "points_milli": milli,
        }
        for player, kind, asset, horizon, locks_at, milli in rows
    ]


def _standing(row: Standing, *, horizon: str) -> Json:
    return {
        "player": row.player.handle,
        "kind": row.player.kind,
        "horizon": horizon,
        "rounds": row.rounds,
        "mean_points": row.mean_milli / 1000,
        "rating": row.rating_milli / 1000,
        "low": _points(row.low_milli),
        "high": _points(row.high_milli),
        "rank": row.rank,
        "provisional": row.is_provisional,
    }


def _place(row: Json) -> tuple[str, bool, int, str]:
    return row["horizon"], row["rank"] is None, row["rank"] or 0, row["player"]


def _points(milli: int | None) -> float | None:
    return None if milli is None else milli / 1000


def _text(value: object) -> str | None:
    return None if value is None else str(value)
