"""The assets the league knows."""

import re
from typing import Final

from markets.models import Asset

# symbol, name, CoinGecko id; the first three are active. Bitcoin and ether trade tightest.
KNOWN: Final = (
    ("BTC", "Bitcoin", "bitcoin"),
    ("ETH", "Ether", "ethereum"),
    ("SOL", "Solana", "solana"),
    ("XRP", "XRP", "ripple"),
    ("ADA", "Cardano", "cardano"),
    ("DOGE", "Dogecoin", "dogecoin"),
    ("BNB", "BNB", "binancecoin"),
    ("LINK", "Chainlink", "chainlink"),
    ("LTC", "Litecoin", "litecoin"),
    ("TRX", "TRON", "tron"),
)
SYMBOL: Final = re.compile(r"[A-Z0-9]{1,12}")
ACTIVE: Final = frozenset({"BTC", "ETH", "SOL"})
TIGHT: Final = frozenset({"BTC", "ETH"})


class UnknownAsset(LookupError):
    """Never: the league does not know this symbol."""

    def __init__(self, symbol: str) -> None:
        super().__init__(f"Unknown asset {symbol[:12]!r}.")
        self.symbol = symbol


def ensure_defaults() -> int:
    """Create the assets every installation knows; an asset that exists is left as it is.

    Returns how many there are now.
    """
    Asset.objects.bulk_create(
        [
            Asset(
                symbol=symbol,
                name=name,
                coingecko_id=coingecko_id,
                divergence_bp=25 if symbol in TIGHT else 50,
                is_active=symbol in ACTIVE,
                rank=rank,
            )
            for rank, (symbol, name, coingecko_id) in enumerate(KNOWN, start=1)
        ],
        ignore_conflicts=True,
    )
    return Asset.objects.count()


def named(symbol: str) -> Asset:
    """Read one asset.

    :raises UnknownAsset: there is none of that symbol.
    """
    is_symbol = SYMBOL.fullmatch(symbol) is not None  # nothing else reaches the database
    asset = Asset.objects.filter(symbol=symbol).first() if is_symbol else None
    if asset is None:
        raise UnknownAsset(symbol)
    return asset


def coingecko_ids() -> dict[str, str]:
    """Map symbols to CoinGecko's ids, for assets that have one."""
    return dict(Asset.objects.exclude(coingecko_id="").values_list("symbol", "coingecko_id"))
