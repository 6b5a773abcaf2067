"""An independent judge of a replay's report: it recomputes everything from the CSV bars.

Only the standard library: were it to share code with the project, both could be wrong together.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.journeys import oracle_prices, oracle_rounds
from tests.journeys.oracle_entries import make_entries, write_entries
from tests.journeys.oracle_points import Entry, points_milli
from tests.journeys.oracle_prices import RULES
from tests.journeys.oracle_rounds import Outcome
from tests.journeys.oracle_standings import membership, standing_problems

__all__ = ["check", "expected", "make_entries", "points_milli", "write_entries"]

HOUSE = "house-walker"
SIGMA_TOLERANCE = 1e-9
BOUND_MILLI = 2_116_800
ROUND_FIELDS = {
    "asset", "horizon", "opens_at", "locks_at", "settles_at", "status",
    "reference_price", "settlement_price", "sigma_bp", "sources",
}  # fmt: skip
SCORE_FIELDS = {"player", "kind", "asset", "horizon", "locks_at", "points_milli"}
STANDING_FIELDS = {
    "player", "kind", "horizon", "rounds", "mean_points",
    "rating", "low", "high", "rank", "provisional",
}  # fmt: skip

Key = tuple[str, str, str]
Row = Mapping[str, Any]
Outcomes = Mapping[Key, Outcome]


def round_key(row: Row) -> Key:
    return row["asset"], row["horizon"], row["locks_at"]


def expected(
    directory: Path,
    *,
    start: datetime,
    end: datetime,
    assets: Sequence[str],
    horizons: Sequence[str],
) -> dict[Key, Outcome]:
    """Every round the span must have, judged."""
    slots = oracle_rounds.slots(start=start, end=end, assets=assets, horizons=horizons)
    return {slot.key: oracle_rounds.outcome(directory, slot) for slot in slots}


def check(
    report: Row,
    *,
    directory: Path,
    entries: Sequence[Entry],
    start: datetime,
    end: datetime,
    assets: Sequence[str],
    horizons: Sequence[str],
) -> list[str]:
    """What the report and the recomputation disagree on; empty when they agree."""
    shape = list(shape_problems(report))
    if shape:
        return shape
    outcomes = expected(directory, start=start, end=end, assets=assets, horizons=horizons)
    finals = Counter(key[1] for key, found in outcomes.items() if found.status == "final")
    return [
        *round_problems(report["rounds"], outcomes),
        *score_problems(report["scores"], outcomes, entries),
        *standing_problems(report["standings"], scores=report["scores"], finals=finals),
    ]


def shape_problems(report: Row) -> Iterator[str]:
    if set(report) != {"rounds", "scores", "standings", "verdict"}:
        yield f"report: its keys are {sorted(report)}"
        return
    fields = {"rounds": ROUND_FIELDS, "scores": SCORE_FIELDS, "standings": STANDING_FIELDS}
    for table, names in fields.items():
        for row in report[table]:
            if set(row) != names:
                yield f"{table}: a row's fields differ by {sorted(set(row) ^ names)}: {row}"
    if not isinstance(report["verdict"], dict):
        yield "verdict: not an object"


def round_problems(rows: Sequence[Row], outcomes: Outcomes) -> Iterator[str]:
    yield from membership("round", map(round_key, rows), outcomes)
    for row in rows:
        if round_key(row) in outcomes:
            for problem in differences(row, outcomes[round_key(row)]):
                yield f"round {round_key(row)}: {problem}"


def differences(row: Row, outcome: Outcome) -> Iterator[str]:
    slot = outcome.slot
    for field in ("opens_at", "settles_at"):
        wanted = oracle_prices.show_time(getattr(slot, field))
        if row[field] != wanted:
            yield f"{field} {row[field]}, expected {wanted}"
    if row["status"] != outcome.status:
        why = f"{outcome.reference.reason} / {outcome.settlement.reason}"
        yield f"status {row['status']}, expected {outcome.status} ({why})"
    is_final = outcome.status == "final"
    for field in ("reference", "settlement"):
        yield from price_difference(
            f"{field}_price", row[f"{field}_price"], getattr(outcome, field).price, needed=is_final
        )
    yield from sigma_difference(row["sigma_bp"], outcome, needed=is_final)
    if is_final:
        yield from source_difference(row["sources"], outcome)


def price_difference(
    field: str, got: str | None, wanted: Decimal | None, *, needed: bool
) -> Iterator[str]:
    """A void round may leave out a price it could have had, never show one it could not."""
    if got is None:
        if needed:
            yield f"{field} missing, expected {wanted}"
    elif not isinstance(got, str):
        yield f"{field} {got!r} is not a string"
    elif wanted is None or Decimal(got) != wanted:
        yield f"{field} {got}, expected {wanted}"


def sigma_difference(got: float | None, outcome: Outcome, *, needed: bool) -> Iterator[str]:
    if got is None:
        if needed:
            yield f"sigma_bp missing, expected {outcome.sigma_bp!r}"
    elif not math.isclose(got, outcome.sigma_bp, rel_tol=SIGMA_TOLERANCE):
        yield f"sigma_bp {got!r}, expected {outcome.sigma_bp!r}"


def source_difference(got: Sequence[str], outcome: Outcome) -> Iterator[str]:
    """At least those behind the settlement price; those of the reference price may join them."""
    least = set(outcome.settlement.sources)
    if not least <= set(got) <= least | set(outcome.reference.sources):
        yield f"sources {list(got)}, expected {sorted(least)}"


def score_problems(
    rows: Sequence[Row], outcomes: Outcomes, entries: Sequence[Entry]
) -> Iterator[str]:
    finals = {key: outcome for key, outcome in outcomes.items() if outcome.status == "final"}
    wanted: dict[tuple[str, ...], int] = {(HOUSE, *key): 0 for key in finals}
    for entry in entries:
        key = round_key(entry)
        if key not in outcomes:
            yield f"entries: no such round {key}"
        elif key in finals:
            wanted[entry["player"], *key] = points_of(entry, finals[key])
    entrants = {key[0] for key in wanted} | {entry["player"] for entry in entries}
    got = {(row["player"], *round_key(row)): row["points_milli"] for row in rows}
    judged = [(row["player"], *round_key(row)) for row in rows if row["player"] in entrants]
    yield from membership("score", judged, wanted)
    for scored in sorted(set(got) & set(wanted)):
        if got[scored] != wanted[scored]:
            yield f"score {scored}: {got[scored]} milli-points, expected {wanted[scored]}"
    for row in rows:
        yield from score_oddities(row, finals, entrants)


def score_oddities(row: Row, finals: Outcomes, entrants: set[str]) -> Iterator[str]:
    """What must hold of any score, also of the forecasters the oracle does not re-enact."""
    name = f"score {(row['player'], *round_key(row))}"
    if round_key(row) not in finals:
        yield f"{name}: its round is not final"
    if row["kind"] in {"human", "bot", "house"} and row["player"] not in entrants:
        yield f"{name}: a {row['kind']} who entered nothing"
    if type(row["points_milli"]) is not int or abs(row["points_milli"]) > BOUND_MILLI:
        yield f"{name}: {row['points_milli']!r} is not an integer within the bound"


def points_of(entry: Entry, outcome: Outcome) -> int:
    """:raises ValueError: for a void round, which scores nothing."""
    reference, settlement = outcome.reference.price, outcome.settlement.price
    if reference is None or settlement is None:
        raise ValueError(f"{outcome.slot.key} is void")
    c = RULES[outcome.slot.horizon].c
    return points_milli(entry, reference, settlement, outcome.sigma_bp, c)
