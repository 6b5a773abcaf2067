"""What a built-in forecaster may know about a round at a moment: stored bars and nothing else."""

from datetime import UTC, datetime

from league import frames
from league.horizons import HOUR
from league.models import Round
from markets import bars
from markets.bars import Closes
from predictions.forecasters.base import Inputs
from predictions.forecasters.rookie_line import HOURS
from predictions.training.features import LEAST_RETURNS


class NoHistory(Exception):
    """The asset has no hourly bars yet."""


def of_round(round_: Round, *, now: datetime) -> Inputs:
    """Everything closed at or before `now`.

    :raises NoHistory: and league.frames.NoFrame, while the season has too few bars.
    """
    frame = frames.provisional(round_, now=now)
    hourly = _closes(round_, interval=HOUR, count=HOURS + 1, until=now)
    if not hourly.close.size:
        raise NoHistory(f"No hourly bars for {round_.asset_id}.")
    bar_s = round_.terms.bar_s
    recent = _closes(round_, interval=bar_s, count=LEAST_RETURNS + 1, until=now)
    return Inputs(
        symbol=round_.asset_id,
        horizon=round_.terms,
        price_mode=round_.season.price_mode,
        peers=tuple(round_.season.pinned["assets"]),
        as_of=max(frame.as_of.astimezone(UTC), _closed_at(hourly, HOUR)),
        bars=recent,
        hourly=hourly,
        frame=frame,
    )


def _closes(round_: Round, *, interval: int, count: int, until: datetime) -> Closes:
    return bars.closes(
        symbol=round_.asset_id,
        price_mode=round_.season.price_mode,
        interval=interval,
        until=until,
        count=count,
    )


def _closed_at(closes: Closes, interval: int) -> datetime:
    return datetime.fromtimestamp(int(closes.opened_at[-1]) + interval, tz=UTC)
