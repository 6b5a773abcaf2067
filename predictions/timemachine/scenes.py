"""A run as the league's own code sees it: rounds and a season that are in no table of theirs.

Everything is a function of the run's virtual instant and of bars closed by then.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from league import frames
from league.frames import Frame, NoFrame
from league.memories import Memory
from league.models import Player, Round, Season
from league.models.round import UNLOCKED, Status
from markets import assets, retrospect
from markets.display import DisplayPrice
from markets.retrospect import Stretch
from predictions.entry_forms import Entry
from predictions.models import TimeRound, TimeRun, TimeWord

SLUG: Final = "time-machine"
SOURCE: Final = "bars"
DAY: Final = timedelta(days=1)
PERCENT: Final = Decimal("0.0001")
_stretches: Final = Memory[Stretch](lifetime=timedelta(seconds=30), most=32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A word of a run in the shape of a prediction."""

    id: UUID
    round_id: UUID
    player: Player
    revision: int
    form: str
    basis: str
    p10: Decimal
    p50: Decimal
    p90: Decimal
    accepted_at: datetime
    is_withdrawn: bool
    points_milli: int | None
    cost: None = None
    reasoning: str = ""
    is_simulated_reasoning: bool = False
    as_of: None = None

    @property
    def pk(self) -> UUID:
        return self.id


def past(run: TimeRun, *, now: datetime) -> contextlib.AbstractContextManager[None]:
    """A block that reads the past's bars; `now`, the real one, only tells how old a memory is."""
    stretch = _stretches.recall(run.pk, now=now)
    if stretch is None:
        stretch = Stretch()
        _stretches.keep(run.pk, stretch, now=now)
    return retrospect.within(stretch)


def season(run: TimeRun) -> Season:
    """Unsaved: what frames and shapes need of one."""
    return Season(
        slug=SLUG,
        name="Time machine",
        price_mode=run.price_mode,
        starts_at=run.starts_at,
        ends_at=run.ends_at,
        rules={
            "league": SLUG,
            "assets": run.symbols,
            "horizons": [run.horizon],
            "cadence": {run.horizon: run.cadence_s},
        },
    )


def example(run: TimeRun, symbol: str) -> Round:
    """A round of the run's market that is in no database: for measuring.

    :raises markets.assets.UnknownAsset: for what the run does not play.
    """
    require(run, symbol)
    return Round(season=season(run), asset_id=symbol, horizon=run.horizon)


def require(run: TimeRun, symbol: str) -> None:
    """:raises markets.assets.UnknownAsset: for what the run does not play."""
    if symbol not in run.symbols:
        raise assets.UnknownAsset(symbol)


def round_of(row: TimeRound, *, of: Season) -> Round:
    """Unsaved, under the row's own id."""
    return Round(
        id=row.pk,
        season=of,
        asset_id=row.asset_id,
        horizon=row.horizon,
        opens_at=row.opens_at,
        locks_at=row.locks_at,
        settles_at=row.settles_at,
        status=row.status,
        version=row.version,
        reference_price=row.reference_price,
        sigma_bp=row.sigma_bp,
        width=row.width,
        is_sigma_borrowed=row.is_sigma_borrowed,
        settlement_price=row.settlement_price,
        outcome_bp=row.outcome_bp,
        hold_reason=row.hold_reason,
        finalized_at=row.settles_at if row.status == Status.FINAL else None,
    )


def frame_of(row: TimeRound, *, run: TimeRun, now: datetime) -> Frame | None:
    """Frozen after the lock, of the virtual instant before it; None where it cannot be had."""
    seen = round_of(row, of=season(run))
    frozen = frames.frozen(seen)
    if frozen is not None or row.status not in UNLOCKED:
        return frozen
    try:
        with past(run, now=now):
            return frames.provisional(seen, now=run.now_at)
    except NoFrame:
        return None


def shown(word: TimeWord, *, player: Player) -> Shown:
    return Shown(
        id=word.pk,
        round_id=word.round_id,
        player=player,
        revision=word.revision,
        form=word.form,
        basis=word.basis,
        p10=word.p10,
        p50=word.p50,
        p90=word.p90,
        accepted_at=word.accepted_at,
        is_withdrawn=word.is_withdrawn,
        points_milli=word.points_milli,
    )


def entry_of(word: TimeWord) -> Entry:
    return Entry(word.form, word.basis, word.p10, word.p50, word.p90)


def price(run: TimeRun, symbol: str, *, now: datetime) -> DisplayPrice:
    """The newest close the virtual instant knows, and its change since a day before.

    :raises markets.assets.UnknownAsset: for what the run does not play.
    :raises league.frames.NoFrame: before its first bar.
    """
    market = example(run, symbol)
    with past(run, now=now):
        found, as_of = frames.last_close(market, until=run.now_at)
        change = _change(market, found, since=as_of - DAY)
    return DisplayPrice(
        symbol=symbol,
        price=found,
        change_24h=change,
        market_cap=None,
        as_of=as_of,
        source=SOURCE,
        age_seconds=int((run.now_at - as_of).total_seconds()),
        is_simulated=market.season.is_simulated,
    )


def _change(market: Round, found: Decimal, *, since: datetime) -> Decimal | None:
    try:
        before, _ = frames.last_close(market, until=since)
    except NoFrame:
        return None
    return (100 * (found / before - 1)).quantize(PERCENT)
