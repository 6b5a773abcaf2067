"""Rows and markets for tests, made by plain functions; whoever needs a time passes it in."""

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps

from league import frames, players, seasons
from league.cadence import Slot
from league.clock import FixedClock
from league.horizons import HOUR, TABLE
from league.models import League, Player, Round, Season
from league.models.round import Status
from league.players import Profile
from league.transitions import Step, move
from markets import assets, bars
from markets.models import Asset, Bar
from markets.modes import PriceMode
from markets.providers import base, registry, simulated
from predictions import entry_forms, submissions
from predictions.entry_forms import Entry
from predictions.models import Prediction

NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)  # a Wednesday
SEED = 7
PRICE = Decimal(60_000)
STEP_BP = 50.0
Spoil = Callable[[str, str, base.BarValue], base.BarValue | None]


# -- rows -------------------------------------------------------------------------------------
def league(*, symbols: Sequence[str] = ("BTC",), slug: str = "test", **fields: Any) -> League:
    assets.ensure_defaults()
    made = League.objects.create(slug=slug, name=slug.title(), **({"horizons": ["1h"]} | fields))
    made.assets.set(Asset.objects.filter(pk__in=symbols))
    return made


def season(of: League | None = None, *, now: datetime = NOON, **fields: Any) -> Season:
    """A simulated season from `now` on, for ten days unless told otherwise."""
    plan: dict[str, Any] = {
        "slug": "winter",
        "name": "Winter",
        "price_mode": PriceMode.SIMULATED,
        "starts_at": now,
        "ends_at": now + timedelta(days=10),
    }
    return seasons.create(league=of or league(), plan=seasons.Plan(**(plan | fields)))


def human(handle: str, *, now: datetime = NOON) -> Player:
    return players.register_human(profile=Profile(handle, handle.title()), user=None, now=now)


def humans(count: int, *, now: datetime = NOON) -> list[Player]:
    return [human(f"human-{number}", now=now) for number in range(1, count + 1)]


def round_of(of: Season, *, locks_at: datetime, symbol: str = "BTC", horizon: str = "1h") -> Round:
    """A scheduled round that opens one horizon before its lock."""
    length = TABLE[horizon].length
    return Round.objects.create(
        season=of,
        asset_id=symbol,
        horizon=horizon,
        opens_at=locks_at - length,
        locks_at=locks_at,
        settles_at=locks_at + length,
    )


def slots(of: Season) -> list[Slot]:
    """Everything the season will play."""
    return seasons.preview(
        rules=of.pinned, starts_at=of.starts_at, ends_at=of.ends_at, limit=10_000
    )


def fresh(round_: Round) -> Round:
    """The round as the sweeps would read it now."""
    return Round.objects.select_related("season", "asset").get(pk=round_.pk)


def price_of(round_: Round, *, now: datetime) -> Decimal:
    """Its present price, to the cent."""
    return frames.provisional(fresh(round_), now=now).price.quantize(Decimal("0.01"))


def erase(*labels: str) -> None:
    """Every row of these models; name the dependent ones first."""
    for label in labels:
        apps.get_model(label)._default_manager.all().delete()


# -- carrying a round by hand, with prices of the test's choice ----------------------------------
def opened(round_: Round) -> Round:
    return _moved(round_, Status.OPEN, at=round_.opens_at)


def locked(round_: Round) -> Round:
    return _moved(round_, Status.LOCKED, at=round_.locks_at)


def running(
    round_: Round, *, price: Decimal = PRICE, sigma_bp: float = 250.0, width: float = 0.9
) -> Round:
    frozen = {"reference_price": price, "sigma_bp": sigma_bp, "width": width}
    return _moved(round_, Status.RUNNING, at=round_.locks_at, **frozen)


def settled(round_: Round, *, price: Decimal) -> Round:
    outcome = 1e4 * math.log(float(price) / float(round_.reference_price or 0))
    fixed = {"settlement_price": price, "outcome_bp": outcome}
    return _moved(round_, Status.SETTLED, at=round_.settles_at, **fixed)


def _moved(round_: Round, status: str, *, at: datetime, **fields: Any) -> Round:
    assert move(round_, Step(status, at=at), **fields)
    return fresh(round_)


# -- words --------------------------------------------------------------------------------------
def at_return(low: float, middle: float, high: float) -> Entry:
    """Quantiles in basis points of log return."""
    levels = (Decimal(str(level)) for level in (low, middle, high))
    return entry_forms.quantiles(*levels, basis=entry_forms.RETURN)


def enter(round_: Round, player: Player, entry: Entry) -> Prediction:
    """A word given a second before the lock."""
    clock = FixedClock(round_.locks_at - timedelta(seconds=1))
    return submissions.enter(
        round_id=round_.pk, player=player, entry=entry, clock=clock
    ).prediction


# -- a market without providers: bars written straight into the store ---------------------------
def history(
    *, until: datetime, symbol: str = "BTC", hours: int = 100, step_bp: float = STEP_BP
) -> None:
    """Hourly closes that step up and down by `step_bp`: sigma is step * sqrt(bars) exactly.

    The newest, closed at `until`, is PRICE.
    """
    closes = [
        float(PRICE) * math.exp(step_bp / 1e4 * (number % 2)) for number in range(hours, -1, -1)
    ]
    Bar.objects.bulk_create(
        _bar(
            symbol, until - timedelta(seconds=HOUR * (hours + 1 - number)), Decimal(f"{close:.8f}")
        )
        for number, close in enumerate(closes)
    )


def _bar(symbol: str, opened_at: datetime, close: Decimal) -> Bar:
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    return Bar(asset_id=symbol, source="sim-alpha", interval=HOUR, opened_at=opened_at, **prices)


# -- a market with providers: the simulation, listed lately, and troubled at will ----------------
@dataclass(frozen=True)
class Venue:
    """A simulated venue that began at `since`; `spoil` may change, drop or refuse a bar."""

    inner: base.Provider
    since: datetime
    spoil: Spoil | None = None

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def price_mode(self) -> str:
        return self.inner.price_mode

    @property
    def intervals(self) -> frozenset[int]:
        return self.inner.intervals

    def latest(self, symbols: Sequence[str], *, now: datetime) -> dict[str, base.QuoteValue]:
        return self.inner.latest(symbols, now=now)

    def bars(
        self, *, symbol: str, interval: int, start: datetime, end: datetime
    ) -> list[base.BarValue]:
        if end <= self.since:
            return []
        found = self.inner.bars(
            symbol=symbol, interval=interval, start=max(start, self.since), end=end
        )
        if self.spoil is None:
            return found
        spoilt = (self.spoil(self.name, symbol, bar) for bar in found)
        return [bar for bar in spoilt if bar is not None]


@contextlib.contextmanager
def market(*, since: datetime, spoil: Spoil | None = None) -> Iterator[None]:
    """Three simulated venues listed at `since`; nothing is remembered afterwards."""
    venues = [Venue(inner, since, spoil) for inner in simulated.venues(SEED)]
    bars.forget()
    try:
        with registry.installed(PriceMode.SIMULATED, venues):
            yield
    finally:
        bars.forget()
