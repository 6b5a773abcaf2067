"""The oracle's view of a table: its sums follow from the scores, its order from its ratings."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

HALF_MILLI = Decimal("0.000500001")

Row = Mapping[str, Any]


def membership(table: str, got: Iterable[Any], wanted: Iterable[Any]) -> Iterator[str]:
    """Rows that are missing, uncalled for, or there twice."""
    counts, wishes = Counter(got), set(wanted)
    yield from (f"{table} {key}: missing" for key in sorted(wishes - set(counts)))
    yield from (f"{table} {key}: unexpected" for key in sorted(set(counts) - wishes))
    yield from (f"{table} {key}: {n} rows" for key, n in sorted(counts.items()) if n > 1)


def standing_problems(
    rows: Sequence[Row], *, scores: Sequence[Row], finals: Mapping[str, int]
) -> Iterator[str]:
    """`finals` counts the final rounds of each horizon: a round without a score counts 0."""
    points: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in scores:
        points[row["player"], row["horizon"]].append(row["points_milli"])
    names = [(row["player"], row["horizon"]) for row in rows]
    yield from membership("standing", names, {*points, *names})
    for row in rows:
        name = row["player"], row["horizon"]
        for problem in standing_differences(row, points[name], finals.get(row["horizon"], 0)):
            yield f"standing {name}: {problem}"
    yield from rank_problems(rows)


def standing_differences(row: Row, points: list[int], rounds: int) -> Iterator[str]:
    mean = Decimal(sum(points)) / 1000 / max(rounds, 1)
    if row["rounds"] != len(points):
        yield f"{row['rounds']} rounds, expected {len(points)}"
    if abs(Decimal(str(row["mean_points"])) - mean) > HALF_MILLI:
        yield f"mean_points {row['mean_points']}, expected {mean:.6f}"
    rating = Decimal(str(row["rating"]))
    if abs(rating) > abs(mean) + HALF_MILLI or rating * mean < -HALF_MILLI:
        yield f"rating {rating} is no shrunk {mean:.6f}"
    bounds = [Decimal(str(row[side])) for side in ("low", "high") if row[side] is not None]
    if bounds != sorted(bounds):
        yield f"low {row['low']} above high {row['high']}"


def rank_problems(rows: Sequence[Row]) -> Iterator[str]:
    """Within a lane a better rank never has the lower rating."""
    lanes: dict[tuple[Any, ...], list[tuple[int, Decimal]]] = defaultdict(list)
    for row in rows:
        if row["rank"] is not None:
            lane = row["horizon"], row["kind"], row["provisional"]
            lanes[lane].append((row["rank"], Decimal(str(row["rating"]))))
    for lane, places in sorted(lanes.items()):
        for (above, better), (below, worse) in pairwise(sorted(places)):
            if above == below or better < worse:
                yield f"standings {lane}: rank {above} rates {better}, rank {below} {worse}"
