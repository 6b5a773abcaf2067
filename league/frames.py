"""The house's view of a round: price, scale and width; provisional while open, frozen after."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from statistics import median
from typing import Final

from league import gate
from league.horizons import HOUR, MINUTE, Horizon
from league.memories import Memory
from league.models import Round
from league.volatility import TooFewBars, ewma_sigma_bp, house_quantiles_bp
from markets import bars

PLACES = Decimal("1e-8")
BASIS_POINTS = Decimal(10_000)
BORROWED = 1.5
FRESH_S = 15 * MINUTE


class NoFrame(Exception):
    """Neither this asset nor its season's others have enough bars to measure a volatility."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`price` in quote currency, `sigma_bp` over the round's horizon, `width` the house's c."""

    price: Decimal
    sigma_bp: float
    width: float
    as_of: datetime
    is_borrowed: bool

    def house_bp(self) -> tuple[float, float, float]:
        return house_quantiles_bp(self.sigma_bp, width=self.width)

    def price_at(self, basis_points: float) -> Decimal:
        """The price `basis_points` of log return away from this frame's."""
        raw = self.price * (Decimal(basis_points) / BASIS_POINTS).exp()
        return raw.quantize(PLACES, ROUND_HALF_EVEN)

    def house_prices(self) -> tuple[Decimal, Decimal, Decimal]:
        low, middle, high = (self.price_at(level) for level in self.house_bp())
        return low, middle, high


@dataclass(frozen=True, slots=True)
class Scale:
    sigma_bp: float
    is_borrowed: bool


def provisional(round_: Round, *, now: datetime) -> Frame:
    """What the frame would be if the round locked now.

    :raises NoFrame: while there is too little history.
    """
    scale = measure(round_, until=now)
    price, as_of = last_close(round_, until=now)
    return Frame(price, scale.sigma_bp, round_.terms.width, as_of, scale.is_borrowed)


_recent: Final = Memory[Frame](lifetime=timedelta(seconds=5), most=2_000)


def recent(round_: Round, *, now: datetime) -> Frame:
    """The provisional frame by the database's clock, of at most five seconds ago.

    Rounds that differ only in their lock share it. `now` tells its age only.
    :raises NoFrame: while there is too little history.
    """
    market = (round_.season_id, round_.asset_id, round_.horizon)
    known = _recent.recall(market, now=now)
    if known is None:
        known = provisional(round_, now=gate.database_now())
        _recent.keep(market, known, now=now)
    return known


def frozen(round_: Round) -> Frame | None:
    """The frame fixed at the reference step; None before it."""
    if round_.reference_price is None or round_.sigma_bp is None or round_.width is None:
        return None
    return Frame(
        round_.reference_price,
        round_.sigma_bp,
        round_.width,
        round_.locks_at,
        round_.is_sigma_borrowed,
    )


def measure(round_: Round, *, until: datetime) -> Scale:
    """The volatility of bars closed at or before `until`, over the round's horizon.

    :raises NoFrame: when no asset of the season can be measured.
    """
    season = round_.season
    try:
        return Scale(_sigma(round_.asset_id, round_, until=until), is_borrowed=False)
    except TooFewBars:
        others = _sigmas(
            [s for s in season.pinned["assets"] if s != round_.asset_id], round_, until
        )
    if not others:
        raise NoFrame(f"No bars for {round_.asset_id}, nor for the season's other assets.")
    return Scale(BORROWED * median(others), is_borrowed=True)


def last_close(round_: Round, *, until: datetime) -> tuple[Decimal, datetime]:
    """The newest consolidated close at or before `until`, from minute bars when they are fresh.

    :raises NoFrame: when the asset has no bars at all.
    """
    for interval in (MINUTE, HOUR):
        closes = bars.closes(
            symbol=round_.asset_id,
            price_mode=round_.season.price_mode,
            interval=interval,
            until=until,
            count=1,
        )
        if not closes.close.size:
            continue
        as_of = datetime.fromtimestamp(int(closes.opened_at[-1]) + interval, tz=until.tzinfo)
        if interval == HOUR or (until - as_of).total_seconds() <= FRESH_S:
            return Decimal(repr(float(closes.close[-1]))).quantize(PLACES), as_of
    raise NoFrame(f"No bars for {round_.asset_id}.")


def close_before(round_: Round, *, instant: datetime) -> Decimal | None:
    """The last close known a bar earlier, beside which a price of the instant is believed."""
    try:
        price, _ = last_close(round_, until=instant - timedelta(seconds=round_.terms.bar_s))
    except NoFrame:
        return None
    return price


def _sigmas(symbols: list[str], round_: Round, until: datetime) -> list[float]:
    found = []
    for symbol in symbols:
        try:
            found.append(_sigma(symbol, round_, until=until))
        except TooFewBars:
            continue
    return found


def _sigma(symbol: str, round_: Round, *, until: datetime) -> float:
    terms: Horizon = round_.terms
    closes = bars.closes(
        symbol=symbol,
        price_mode=round_.season.price_mode,
        interval=terms.bar_s,
        until=until,
        count=terms.memory + 1,
    )
    return ewma_sigma_bp(closes.close, horizon=terms)
