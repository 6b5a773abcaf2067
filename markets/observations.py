"""The price of an instant: one observation per source, stored once, then a guarded median.

Defined by event time. A source that is silent is waited for (`PATIENCE`); its silence is written
down only together with a price made without it, so that the price is a function of stored rows
alone, and a disputed instant may still be settled when a source comes back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, TypedDict, Unpack

from django.db.models import QuerySet

from markets import assets, witnesses
from markets.consensus import (
    Consensus,
    Fragility,
    PriceDisputed,
    check_jump,
    compute_price,
    fragility,
)
from markets.models import Asset, Observation
from markets.modes import PriceMode
from markets.providers import base, registry

__all__ = [
    "Consensus",
    "Fragility",
    "InstantPrice",
    "PriceDisputed",
    "PriceNotReady",
    "compute_price",
    "evidence",
    "fragility",
    "price_of_instant",
    "stored",
]

PATIENCE: Final = witnesses.PATIENCE
ASK_AGAIN: Final = timedelta(seconds=5)
OVER: Final = 2 * PATIENCE  # after the first word; nobody joins a price that stands without them
# Vendors publish a minute's bar a moment after it closes.
PUBLISHING: Final = {PriceMode.LIVE: timedelta(seconds=3)}
CONFIGURED: Final = {PriceMode.LIVE: 3}


class PriceNotReady(Exception):
    """Try again at `retry_at`: the instant has not passed, or a source may still answer."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(f"The price can be asked for again at {retry_at.isoformat()}.")
        self.retry_at = retry_at


class Jump(TypedDict, total=False):
    """What a big move is measured by: the last price known, the horizon's sigma (bp)."""

    last_price: Decimal | None
    sigma_bp: float | None


@dataclass(frozen=True, slots=True)
class InstantPrice:
    """`price` has 8 places; `sources` and `observation_ids` are those that made it."""

    price: Decimal
    sources: tuple[str, ...]
    observation_ids: tuple[int, ...]
    fragility: Fragility


def price_of_instant(
    *,
    symbol: str,
    instant: datetime,
    price_mode: str,
    now: datetime,
    asked_at: datetime | None = None,
    **jump: Unpack[Jump],
) -> InstantPrice:
    """Ask the sources that have not spoken yet, then take the median of all that have.

    Runs network requests: call it outside any transaction.

    :raises PriceNotReady: again at its `retry_at`.
    :raises PriceDisputed: too few sources, they disagree, or the move is implausible.
    :raises assets.UnknownAsset: no such asset.
    """
    mode, question = PriceMode(price_mode), witnesses.Question(symbol, instant, now)
    asset = assets.named(symbol)
    ready_at = instant + PUBLISHING.get(mode, timedelta(0))
    if now < ready_at:
        raise PriceNotReady(ready_at)
    unsure = _hear(question, asset, mode)
    until = max(instant, asked_at or instant) + patience(mode)
    if unsure and now < until:
        raise PriceNotReady(min(now + ASK_AGAIN, until))
    rows = stored(symbol=symbol, instant=instant, price_mode=mode)
    if unsure:
        _agree([*rows, *unsure], asset=asset, mode=mode, jump=jump)
        _write(unsure)  # another process may have heard one of them meanwhile: read again
        rows = stored(symbol=symbol, instant=instant, price_mode=mode)
    agreed = _agree(rows, asset=asset, mode=mode, jump=jump)
    return InstantPrice(
        price=agreed.price,
        sources=agreed.sources,
        observation_ids=tuple(row.pk for row in rows if row.source in agreed.sources),
        fragility=fragility(rows, agreed),
    )


def patience(price_mode: str) -> timedelta:
    return timedelta(0) if price_mode == PriceMode.REPLAY else PATIENCE


def stored(*, symbol: str, instant: datetime, price_mode: str) -> list[Observation]:
    """Read the observations of an instant, by source; those on record as absent are none."""
    rows = _on_record(symbol=symbol, instant=instant, price_mode=price_mode)
    return [row for row in rows.order_by("source") if row.reason not in witnesses.ABSENT]


def _on_record(*, symbol: str, instant: datetime, price_mode: str) -> QuerySet[Observation]:
    return Observation.objects.filter(
        registry.of_mode(price_mode), asset_id=symbol, instant=instant
    )


def evidence(*, symbol: str, instant: datetime, price_mode: str) -> list[dict[str, object]]:
    """List the observations of an instant as plain JSON, by source; decimals are strings."""
    rows = stored(symbol=symbol, instant=instant, price_mode=price_mode)
    return [
        {
            "source": row.source,
            "value": None if row.value is None else f"{row.value:.8f}",
            "source_time": None
            if row.source_time is None
            else f"{row.source_time:%Y-%m-%dT%H:%M:%SZ}",
            "is_valid": row.is_valid,
            "reason": row.reason,
            "digest": row.digest,
        }
        for row in rows
    ]


def _hear(question: witnesses.Question, asset: Asset, mode: PriceMode) -> list[Observation]:
    """Store what can no longer change; return the rest, unsaved."""
    rows = _on_record(symbol=asset.symbol, instant=question.instant, price_mode=mode)
    known = set(rows.values_list("source", flat=True))
    missing = [p for p in registry.providers(mode) if p.name not in known]
    is_over = bool(missing) and _is_over(question, asset, mode)
    heard = [_observed(provider, question, is_over=is_over) for provider in missing]
    _write(row for row, is_final in heard if is_final)
    return [row for row, is_final in heard if not is_final]


def _is_over(question: witnesses.Question, asset: Asset, mode: PriceMode) -> bool:
    """Whether the rows had long made a price, so that somebody may have settled by it."""
    rows = stored(symbol=asset.symbol, instant=question.instant, price_mode=mode)
    try:
        _agree(rows, asset=asset, mode=mode, jump={})
    except PriceDisputed:
        return False
    return question.now >= min(row.fetched_at for row in rows) + OVER


def _observed(
    provider: base.Provider, question: witnesses.Question, *, is_over: bool
) -> tuple[Observation, bool]:
    said = witnesses.NOBODY if is_over else witnesses.ask(provider, question)
    row = Observation(
        asset_id=question.symbol,
        source=provider.name,
        instant=question.instant,
        value=said.value,
        source_time=said.source_time,
        fetched_at=question.now,
        is_valid=said.value is not None,
        reason=said.reason,
        digest=said.digest,
    )
    return row, said.is_final


def _write(rows: Iterable[Observation]) -> None:
    """Insert; the first word of a source stands."""
    Observation.objects.bulk_create(list(rows), ignore_conflicts=True)


def _agree(rows: list[Observation], *, asset: Asset, mode: PriceMode, jump: Jump) -> Consensus:
    agreed = compute_price(
        rows, divergence_bp=asset.divergence_bp, configured=CONFIGURED.get(mode, 0)
    )
    last_price, sigma_bp = jump.get("last_price"), jump.get("sigma_bp")
    check_jump(agreed.price, rows, last_price=last_price, sigma_bp=sigma_bp)
    return agreed
