"""Prices into the store, and the newest out of it.

I1 and I2: the floor is one statement that makes the same rows on the server (`generate_series`) in
the same table, `markets_quote` with its three indexes, so that nothing is sent and nothing
converted. I1 is plain COPY of Python values; I2 is `markets.intake.insert`, which drops what is
stored already: binary COPY into a temporary table, then one INSERT with ON CONFLICT DO NOTHING.
Rates are rows per CPU second, this process and its backend together. I3: the reference asks the
whole history for the newest quote of every asset (DISTINCT ON); ours reads the rows that
`markets.newest` keeps.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction

from bench.goals import Line, line, tried
from bench.harness import Plan, control, cpu, duel, middle, pairwise, ratio
from markets import intake, newest
from markets.models import Asset, LatestPrice, Quote

SOURCE: Final = "bench"
SINCE: Final = datetime(2024, 1, 1, tzinfo=UTC)
NAMES: Final = (
    "asset", "source", "source_time", "fetched_at", "price", "change_24h_pct", "market_cap",
    "volume_24h",
)  # fmt: skip
COLUMNS: Final = (
    "asset_id, source, source_time, fetched_at, price, change_24h_pct, market_cap, volume_24h"
)
ASSETS: Final = 1000
# Every asset once a second, in the order of time.
GENERATED: Final = f"""
    INSERT INTO markets_quote ({COLUMNS})
    SELECT 'A' || lpad((n %% {ASSETS})::text, 3, '0'), '{SOURCE}',
        '2024-01-01+00'::timestamptz + n / {ASSETS} * interval '1 second',
        '2024-01-01+00'::timestamptz + n / {ASSETS} * interval '1 second',
        100.12345678 + n, 1.5, 1000000, NULL
    FROM generate_series(%s::int, %s::int) AS n
"""
UNNESTED: Final = f"""
    INSERT INTO markets_quote ({COLUMNS})
    SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[],
        %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])
    ON CONFLICT DO NOTHING
"""
SENT: Final = f"""
    INSERT INTO markets_quote ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""
Row = tuple[Any, ...]


def run(plan: Plan) -> Iterator[Line]:
    Asset.objects.bulk_create(
        Asset(symbol=f"A{number:03}", name=f"Asset {number}") for number in range(ASSETS)
    )
    yield from ticks(plan)
    yield from latest(plan)


# -- I1 and I2 --------------------------------------------------------------------------------
def ticks(plan: Plan) -> Iterator[Line]:
    count = plan.pick(smoke=500, quick=10_000, full=100_000)
    rows = [tick(number) for number in range(count)]
    costs = duel(
        {
            "floor": lambda: generate(0, count - 1),
            "again": lambda: generate(0, count - 1),
            "copy": lambda: copy(rows),
            "ours": lambda: intake.insert(Quote, NAMES, rows),
            "text": lambda: stage(rows),
            "unnest": lambda: unnest(rows),
            "sent": lambda: send(rows),
            "bulk": lambda: create(rows),
        },
        reps=plan.reps,
        prepare=lambda _name: empty(),
    )
    assert Quote.objects.count() == count
    assert intake.insert(Quote, NAMES, rows) == 0
    noise = control(costs, a="floor", b="again", of=cpu)

    def rate(name: str) -> str:
        return f"{count / middle(costs[name], of=cpu) / 1000:.0f}k/s"

    # Rows per second: the floor's cost divided by ours.
    copied, taken = (ratio(costs, ours="floor", floor=name, of=cpu) for name in ("copy", "ours"))
    detail = f"{count:,} rows"
    yield line(
        "I1", floor=rate("floor"), ours=rate("copy"), value=copied, noise=noise, detail=detail
    )
    yield line(
        "I2", floor=rate("floor"), ours=rate("ours"), value=taken, noise=noise, detail=detail
    )
    yield line(
        "I2-bulk",
        floor=rate("bulk"),
        ours=rate("ours"),
        value=ratio(costs, ours="bulk", floor="ours", of=cpu),
        detail="model instances made from the same values included",
    )
    for name, what in (
        ("text", "COPY as text, otherwise the same"),
        ("unnest", "one INSERT from arrays (unnest)"),
        ("sent", "INSERTs one after the other (executemany)"),
    ):
        yield tried(
            "I2",
            what,
            floor=rate("floor"),
            ours=rate(name),
            ratio=ratio(costs, ours="floor", floor=name, of=cpu),
        )


def tick(number: int) -> Row:
    at = SINCE + timedelta(seconds=number // ASSETS)
    price = Decimal("100.12345678") + number
    symbol = f"A{number % ASSETS:03}"
    return (symbol, SOURCE, at, at, price, Decimal("1.5"), Decimal(1_000_000), None)


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE markets_quote")
        cursor.execute("CHECKPOINT")


def generate(first: int, last: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(GENERATED, [first, last])


def copy(rows: list[Row]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        into = f"COPY markets_quote ({COLUMNS}) FROM STDIN (FORMAT BINARY)"
        with cursor.copy(into) as stream:
            stream.set_types([*["text"] * 2, *["timestamptz"] * 2, *["numeric"] * 4])
            for row in rows:
                stream.write_row(row)


def stage(rows: list[Row]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        into = "CREATE TEMPORARY TABLE staged ON COMMIT DROP AS"
        cursor.execute(f"{into} SELECT {COLUMNS} FROM markets_quote WITH NO DATA")
        with cursor.copy("COPY staged FROM STDIN") as stream:
            for row in rows:
                stream.write_row(row)
        cursor.execute(
            f"INSERT INTO markets_quote ({COLUMNS}) SELECT * FROM staged ON CONFLICT DO NOTHING"
        )


def unnest(rows: list[Row]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(UNNESTED, [list(column) for column in zip(*rows, strict=True)])


def send(rows: list[Row]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(SENT, rows)


def create(rows: list[Row]) -> None:
    names = ("asset_id", *NAMES[1:])
    made = [Quote(**dict(zip(names, row, strict=True))) for row in rows]
    Quote.objects.bulk_create(made, ignore_conflicts=True)


# -- I3 ---------------------------------------------------------------------------------------
def latest(plan: Plan) -> Iterator[Line]:
    count = plan.pick(smoke=20 * ASSETS, quick=300_000, full=2_000_000)
    calls = plan.pick(smoke=1, quick=20, full=50)
    empty()
    grow(0, count // 10)
    early = [p50_ms(told, calls=calls) for _ in range(plan.reps)]
    grow(count // 10, count)
    assert told() == distinct()
    assert len(told()) == ASSETS
    slow, late = [], []
    for _ in range(plan.reps):
        slow.append(p50_ms(distinct, calls=1))
        late.append(p50_ms(told, calls=calls))
    yield line(
        "I3",
        floor=f"{statistics.median(slow):.0f} ms",
        ours=f"{statistics.median(late):.2f} ms",
        value=pairwise(slow, late),
        detail=f"{ASSETS:,} assets, {count:,} quotes",
        is_whole=plan.is_full,
    )
    yield line(
        "I3-flat",
        floor=f"{statistics.median(early):.2f} ms",
        ours=f"{statistics.median(late):.2f} ms",
        value=pairwise(late, early),
        detail=f"with {count // 10:,} quotes and with {count:,}",
    )


def grow(first: int, end: int) -> None:
    """Quotes `first` to `end`, and of the newest of them what the league keeps."""
    generate(first, end - 1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE markets_quote")
    names = ("asset_id", *NAMES[1:])
    rows = [tick(number) for number in range(end - ASSETS, end)]
    newest.remember(Quote(**dict(zip(names, row, strict=True))) for row in rows)


def told() -> dict[str, Decimal]:
    return dict(LatestPrice.objects.filter(source=SOURCE).values_list("asset_id", "price"))


def distinct() -> dict[str, Decimal]:
    quotes = Quote.objects.filter(source=SOURCE).order_by("asset", "-source_time")
    return dict(quotes.distinct("asset").values_list("asset_id", "price"))


def p50_ms(act: Callable[[], object], *, calls: int) -> float:
    took = []
    for _ in range(calls):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000
