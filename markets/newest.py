"""The newest word of every source, kept beside the quotes it came with."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from markets import intake
from markets.models import LatestPrice, Quote

NAMES: Final = (
    "asset", "source", "source_time", "fetched_at", "price", "change_24h_pct", "market_cap",
)  # fmt: skip
FIELDS: Final[Sequence[Any]] = [LatestPrice._meta.get_field(name) for name in NAMES]  # noqa: SLF001
# A word that comes late, or twice, replaces nothing, so the order of arrival does not matter. A
# stamp from the future would outlast every word to come: it holds only until the next one.
UPSERT: Final = """
INSERT INTO markets_latestprice AS known
    (asset_id, source, source_time, fetched_at, price, change_24h_pct, market_cap)
VALUES {values}
ON CONFLICT (asset_id, source) DO UPDATE SET
    source_time = excluded.source_time, fetched_at = excluded.fetched_at,
    price = excluded.price, change_24h_pct = excluded.change_24h_pct,
    market_cap = excluded.market_cap
WHERE excluded.source_time > known.source_time OR known.source_time > excluded.fetched_at
"""


def remember(quotes: Iterable[Quote]) -> None:
    """Replace what is older. In the order of the key: two writers never wait for each other."""
    ordered = sorted(quotes, key=lambda quote: (quote.asset_id, quote.source, quote.source_time))
    newest = {(quote.asset_id, quote.source): quote for quote in ordered}
    if newest:
        with connection.cursor() as cursor:
            intake.values(cursor, UPSERT, [_row(quote) for quote in newest.values()])


def told(
    *, sources: Sequence[str], after: datetime, until: datetime, symbols: Sequence[str] = ()
) -> list[LatestPrice]:
    """What the sources last said, of every asset unless told otherwise; the newest first.

    `after` is exclusive. A source whose newest word lies outside the range is left out.
    """
    found = LatestPrice.objects.filter(
        source__in=sources, source_time__gt=after, source_time__lte=until
    )
    if symbols:
        found = found.filter(asset__in=symbols)
    return list(found.order_by("-source_time", "source"))


def _row(quote: Quote) -> list[Any]:
    return [
        field.get_db_prep_save(getattr(quote, field.attname), connection=connection)
        for field in FIELDS
    ]
