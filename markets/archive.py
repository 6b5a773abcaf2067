"""What the store alone says of the past: no network, and nothing that closed after the moment.

The rules are those of a settlement (markets.witnesses, markets.consensus); only the sources are
stored bars in the place of vendors.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Q, QuerySet

from markets import assets, consensus, observations, witnesses
from markets.models import Bar
from markets.modes import PriceMode
from markets.providers import base, registry

INTERVALS: Final = (base.MINUTE, base.HOUR, base.DAY)


@dataclass(frozen=True, slots=True)
class Shelf:
    """One source's stored bars around an instant, asked as a recording is.

    Of hours only where it has no minutes.
    """

    name: str
    stored: Sequence[Bar]
    price_mode: str = PriceMode.REPLAY

    @property
    def intervals(self) -> frozenset[int]:
        has_only_hours = self.stored and all(bar.interval == base.HOUR for bar in self.stored)
        return frozenset({base.HOUR if has_only_hours else base.MINUTE})

    def latest(self, symbols: Sequence[str], *, now: datetime) -> dict[str, base.QuoteValue]:
        """None: the present is not on the shelf."""
        del symbols, now
        return {}

    def bars(
        self, *, symbol: str, interval: int, start: datetime, end: datetime
    ) -> list[base.BarValue]:
        """The stored ones, ascending."""
        del symbol
        step = timedelta(seconds=interval)
        return [
            base.BarValue(
                opened_at=bar.opened_at,
                open=bar.open,
                high=bar.high,
                low=bar.low,
                close=bar.close,
                volume=bar.volume,
            )
            for bar in self.stored
            if bar.interval == interval and start <= bar.opened_at <= end - step
        ]


@dataclass(frozen=True, slots=True)
class Reading:
    source: str
    value: Decimal | None

    @property
    def is_valid(self) -> bool:
        return self.value is not None


@dataclass(frozen=True, slots=True)
class Extent:
    """Of one source's bars of one length: when the first opened and the last closed."""

    opened_at: datetime
    closed_at: datetime


def known(*, symbol: str, price_mode: str, at: datetime) -> QuerySet[Bar]:
    """The bars of a mode's sources that had closed at a moment."""
    is_closed = Q()
    for interval in INTERVALS:
        is_closed |= Q(interval=interval, opened_at__lte=at - timedelta(seconds=interval))
    found = Bar.objects.filter(is_closed, asset=assets.named(symbol))
    return found.filter(source__in=registry.source_names(price_mode))


def price_of_instant(
    *,
    symbol: str,
    instant: datetime,
    price_mode: str,
    last_price: Decimal | None = None,
    sigma_bp: float | None = None,
) -> Decimal:
    """The guarded median of what each source's stored bars say of the instant.

    :raises markets.consensus.PriceDisputed: too few sources, they disagree, or the move from
        `last_price` is implausible.
    :raises markets.assets.UnknownAsset: no such asset.
    """
    asset = assets.named(symbol)
    readings = _readings(witnesses.Question(symbol, instant, instant), price_mode)
    agreed = consensus.compute_price(
        readings,
        divergence_bp=asset.divergence_bp,
        configured=observations.CONFIGURED.get(PriceMode(price_mode), 0),
    )
    consensus.check_jump(agreed.price, readings, last_price=last_price, sigma_bp=sigma_bp)
    return agreed.price


def extents(*, symbol: str, price_mode: str, interval: int) -> list[Extent]:
    """One for every source of the mode that has such bars: two index seeks each."""
    step = timedelta(seconds=interval)
    found = []
    for source in registry.source_names(price_mode):
        stored = Bar.objects.filter(asset_id=symbol, source=source, interval=interval)
        ends = [stored.order_by(order).values_list("opened_at", flat=True).first()
                for order in ("opened_at", "-opened_at")]  # fmt: skip
        if ends[0] is not None and ends[1] is not None:
            found.append(Extent(ends[0], ends[1] + step))
    return found


def _readings(question: witnesses.Question, price_mode: str) -> list[Reading]:
    shelves = _shelves(question, price_mode)
    return [
        Reading(name, witnesses.ask(Shelf(name, shelves.get(name, ())), question).value)
        for name in registry.source_names(price_mode)
    ]


def _shelves(question: witnesses.Question, price_mode: str) -> Mapping[str, Sequence[Bar]]:
    """By source: the minutes of the window, and the hour that closes at the instant."""
    minute, hour = timedelta(seconds=base.MINUTE), timedelta(seconds=base.HOUR)
    instant = question.instant
    minutes = Q(
        interval=base.MINUTE,
        opened_at__gt=instant - witnesses.WINDOW - minute,
        opened_at__lte=instant - minute,
    )
    hours = Q(interval=base.HOUR, opened_at=instant - hour)
    found: dict[str, list[Bar]] = defaultdict(list)
    bars = Bar.objects.filter(
        minutes | hours,
        asset_id=question.symbol,
        source__in=registry.source_names(price_mode),
    )
    for bar in bars.order_by("opened_at"):
        found[bar.source].append(bar)
    return found
