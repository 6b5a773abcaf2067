"""Which sources answer for a price mode: from settings, or as installed by a test or a replay."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from django.conf import settings
from django.db.models import Q

from markets import assets
from markets.modes import PriceMode
from markets.providers import base, binance, coinbase, coingecko, kraken, replay, simulated

VENDORS: Final = ("binance", "coinbase", "kraken", "coingecko")
_installed: Final[dict[str, tuple[base.Provider, ...]]] = {}


def providers(price_mode: str) -> tuple[base.Provider, ...]:
    """List the sources of a mode, in the order of preference for display."""
    if price_mode in _installed:
        return _installed[price_mode]
    if price_mode == PriceMode.LIVE:
        return tuple(_vendor(name)() for name in settings.PRICE_SOURCES)
    if price_mode == PriceMode.SIMULATED:
        return simulated.venues(settings.SIMULATION_SEED)
    return ()


def source_names(price_mode: str) -> tuple[str, ...]:
    """Name the sources of a mode, in the same order."""
    return tuple(provider.name for provider in providers(price_mode))


def of_mode(price_mode: str) -> Q:
    """Filter rows by their source's mode, whatever is configured now: old evidence stays."""
    known: dict[str, Q] = {
        PriceMode.LIVE: Q(source__in=VENDORS),
        PriceMode.SIMULATED: Q(source__in=simulated.NAMES),
        PriceMode.REPLAY: Q(source__startswith=replay.PREFIX),
    }
    return known[price_mode] | Q(source__in=source_names(price_mode))


@contextlib.contextmanager
def installed(price_mode: str, sources: Sequence[base.Provider]) -> Iterator[None]:
    """Put these in the place of a mode's sources, for this process and for the block."""
    before = _installed.get(price_mode)
    _installed[price_mode] = tuple(sources)
    try:
        yield
    finally:
        if before is None:
            del _installed[price_mode]
        else:
            _installed[price_mode] = before


def _vendor(name: str) -> Callable[[], base.Provider]:
    makers: dict[str, Callable[[], base.Provider]] = {
        "binance": functools.partial(binance.Binance, settings.BINANCE_API_URL),
        "coinbase": functools.partial(coinbase.Coinbase, settings.COINBASE_API_URL),
        "kraken": functools.partial(kraken.Kraken, settings.KRAKEN_API_URL),
        "coingecko": functools.partial(
            coingecko.CoinGecko,
            settings.COINGECKO_API_URL,
            key=settings.COINGECKO_API_KEY,
            key_kind=settings.COINGECKO_KEY_KIND,
            ids=assets.coingecko_ids,
        ),
    }
    if name not in makers:
        raise UnknownSource(name)
    return makers[name]


class UnknownSource(LookupError):
    """Never: PRICE_SOURCES names a source this project does not have."""
