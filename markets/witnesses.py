"""What one source says about one instant, in event time: early or late, the same answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from markets import breaker, consensus
from markets.models import Quote
from markets.providers import base, figures

WINDOW: Final = timedelta(minutes=5)
EXACTLY: Final = timedelta(seconds=1)  # hours only: the bar that closes at the instant
QUOTE_WINDOW: Final = timedelta(seconds=120)
PATIENCE: Final = timedelta(seconds=60)  # a quote recorded later than this counts for nobody
HALTED: Final = "halted"  # a halted exchange keeps repeating its last price, with no volume
NO_BAR: Final = "no_bar"
NO_QUOTE: Final = "no_quote"
NOT_TRADED: Final = "not_traded"
NOT_ASKED: Final = "not_asked"  # the instant had its price before this source was heard
ABSENT: Final = (NOT_TRADED, NOT_ASKED)  # on record, but no source of the instant


@dataclass(frozen=True, slots=True)
class Question:
    """The price of `symbol` at `instant`, asked at `now`."""

    symbol: str
    instant: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Testimony:
    """`value` is None where `reason` says why; `is_final` is False if more may yet arrive."""

    value: Decimal | None
    source_time: datetime | None
    reason: str
    digest: str
    is_final: bool

    @classmethod
    def absent(cls, reason: str) -> "Testimony":
        """On record, so that whoever asks about the instant later hears the same sources."""
        return cls.silent(reason, is_final=True)

    @classmethod
    def silent(cls, reason: str, *, is_final: bool = False) -> "Testimony":
        return cls(None, None, reason, figures.digest(reason), is_final=is_final)


NOBODY: Final = Testimony.absent(NOT_ASKED)


def ask(provider: base.Provider, question: Question) -> Testimony:
    """Question one source; its failure is a testimony too."""
    try:
        if base.MINUTE in provider.intervals:
            return _from_bars(provider, question, interval=base.MINUTE, window=WINDOW)
        if base.HOUR in provider.intervals:
            return _from_bars(provider, question, interval=base.HOUR, window=EXACTLY)
    except base.UnknownSymbol:
        return Testimony.absent(NOT_TRADED)
    except (base.ProviderUnavailable, base.ProviderRejected) as failure:
        return Testimony.silent(f"unavailable:{failure.word}")
    return _from_quote(provider.name, question)


def _from_bars(
    provider: base.Provider, question: Question, *, interval: int, window: timedelta
) -> Testimony:
    """Median of the closes with close time in (instant - window, instant]."""
    instant, step = question.instant, timedelta(seconds=interval)
    first = instant - window - step  # opened strictly after this
    found = breaker.call(
        provider,
        lambda: provider.bars(symbol=question.symbol, interval=interval, start=first, end=instant),
        now=question.now,
    )
    bars = [bar for bar in found if first < bar.opened_at <= instant - step]
    if not bars:
        return Testimony.silent(NO_BAR)
    newest = bars[-1].opened_at + step
    value = None if _is_halted(bars) else consensus.median([bar.close for bar in bars])
    return Testimony(
        value=value,
        source_time=newest,
        reason=HALTED if value is None else "",
        digest=figures.digest(*(_line(bar) for bar in bars)),
        is_final=instant - newest < step,  # the last bar that can count is here
    )


def _is_halted(bars: Sequence[base.BarValue]) -> bool:
    volumes = [bar.volume for bar in bars if bar.volume is not None]
    return bool(volumes) and not any(volumes)


def _line(bar: base.BarValue) -> str:
    """Canonical text of a bar: what the digest of an observation covers."""
    numbers = (bar.open, bar.high, bar.low, bar.close)
    traded = "" if bar.volume is None else f"{bar.volume:.8f}"
    prices = " ".join(f"{number:.8f}" for number in numbers)
    return f"{bar.opened_at:%Y-%m-%dT%H:%M:%SZ} {prices} {traded}"


def _from_quote(source: str, question: Question) -> Testimony:
    """Last quote with source time in [instant - 120 s, instant], if recorded within patience.

    One that comes later counts for nobody, so a lagging source says the same to whoever asks.
    """
    until = question.instant + PATIENCE
    stored = Quote.objects.filter(asset_id=question.symbol, source=source, fetched_at__lte=until)
    is_over = question.now >= until
    since = question.instant - QUOTE_WINDOW
    window = stored.filter(source_time__gte=since, source_time__lte=question.instant)
    quote = window.order_by("-source_time").first()
    if quote is None:
        return Testimony.silent(NO_QUOTE, is_final=is_over)
    text = f"{quote.source_time:%Y-%m-%dT%H:%M:%SZ} {quote.price:.8f}"
    return Testimony(
        value=quote.price,
        source_time=quote.source_time,
        reason="",
        digest=figures.digest(text),
        is_final=is_over or stored.filter(source_time__gt=question.instant).exists(),
    )
