"""Asking a vendor that quotes one asset at a time for several."""

import logging
from collections.abc import Callable, Sequence

from markets.providers import base

logger = logging.getLogger(__name__)


def each(
    symbols: Sequence[str], ask: Callable[[str], base.QuoteValue]
) -> dict[str, base.QuoteValue]:
    """Quote every symbol the source trades, by `ask`.

    :raises base.UnknownSymbol: it trades none of them.
    :raises base.ProviderUnavailable: as `ask` raises it, at once, so that a struggling source
        is left alone.
    """
    found: dict[str, base.QuoteValue] = {}
    for symbol in symbols:
        try:
            found[symbol] = ask(symbol)
        except base.UnknownSymbol:
            logger.info("source does not trade the asset", extra={"symbol": symbol})
    if symbols and not found:
        raise base.UnknownSymbol(symbols[0])
    return found
