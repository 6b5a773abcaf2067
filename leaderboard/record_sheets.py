"""Track records as tables: one row for each thing measured, points to the milli-point."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from leaderboard.head_to_head import Meeting
from leaderboard.records import Record, Step
from leaderboard.sheets import Cell, Sheet
from leaderboard.skill import Skill
from leaderboard.tabular import Asked
from leaderboard.track_record import Calibration
from league.models import Player

SKILL: Final = (
    "season_rounds", "season_locks", "rounds", "locks", "points", "mean_points",
    "mean_points_entered", "rating", "low", "high",
)  # fmt: skip
LINES: Final = ("season", "player", "name", "horizon", "asset", *SKILL, "rating_part")
SHARES: Final = (
    "season", "player", "name", "horizon", "asset", "measure", "of", "expected", "count",
    "rounds", "locks", "evidence", "share", "low", "high",
)  # fmt: skip
STEPS: Final = (
    "season", "player", "name", "horizon", "asset", "locks_at", "lock_rounds", "lock_entered",
    "lock_points", *SKILL,
)  # fmt: skip
MEETINGS: Final = (
    "season", "horizon", "locks_at", "asset", "first", "second", "first_points", "second_points",
)  # fmt: skip
SCORES: Final = {
    "round": "round_id",
    "asset": "round__asset_id",
    "horizon": "round__horizon",
    "locks_at": "round__locks_at",
    "settles_at": "round__settles_at",
    "reference_price": "round__reference_price",
    "settlement_price": "round__settlement_price",
    "outcome_bp": "round__outcome_bp",
    "player": "player",
    "name": "name",
    "kind": "kind",
}


def lines(record: Record, *, asked: Asked, player: Player) -> Sheet:
    rows: list[list[Cell]] = [
        [*who(asked, player), line.horizon, line.asset, *skill(line.skill), points(line.part)]
        for line in (*record.horizons, *record.assets)
    ]
    return Sheet(name("track-record", asked, player), LINES, rows)


def shares(found: Mapping[str, Calibration], *, asked: Asked, player: Player) -> Sheet:
    rows: list[list[Cell]] = []
    for horizon, one in found.items():
        kinds = [("level", one.levels), ("band", [one.band]), ("bin", one.bins)]
        for kind, some in kinds:
            for share in some:
                place: list[Cell] = [*who(asked, player), horizon, asked.asset, kind, share.name]
                counted: list[Cell] = [
                    share.expected,
                    share.count,
                    one.rounds,
                    one.locks,
                    one.evidence,
                ]
                rows.append([*place, *counted, share.share, share.low, share.high])
    return Sheet(name("calibration", asked, player), SHARES, rows)


def steps(found: Iterable[Step], *, asked: Asked, player: Player) -> Sheet:
    horizon = asked.of_one_horizon().horizon
    rows: list[list[Cell]] = [
        [
            *who(asked, player), horizon, asked.asset, step.at.lock, step.at.size, step.at.came,
            points(step.at.points), *skill(step.skill),
        ]
        for step in found
    ]  # fmt: skip
    return Sheet(name("rating-history", asked, player), STEPS, rows)


def meetings(found: Iterable[Meeting], *, asked: Asked, players: Sequence[Player]) -> Sheet:
    """The rounds both entered: what the comparison is made from."""
    sides = [asked.called(player)[0] for player in players]
    horizon = asked.of_one_horizon().horizon
    rows: list[list[Cell]] = [
        [
            asked.season.slug, horizon, one.lock, one.asset, *sides, points(one.first),
            points(one.second),
        ]
        for one in found
    ]  # fmt: skip
    return Sheet(name("versus", asked, *players), MEETINGS, rows)


def scores(found: Iterable[Mapping[str, Any]], *, asked: Asked) -> Sheet:
    rows = (
        [
            asked.season.slug,
            *(text(row[key]) for key in SCORES.values()),
            points(row["points_milli"]),
        ]
        for row in found
    )
    return Sheet(name("scores", asked), ("season", *SCORES, "points"), rows)


def text(value: Any) -> Cell:
    """A round's id is text; everything else is a cell already."""
    known: Cell = value if isinstance(value, Cell) else str(value)
    return known


def name(what: str, asked: Asked, *players: Player) -> str:
    """Of the file: handles and slugs only, and none where anonymous."""
    named = [asked.called(player)[0] for player in players]
    parts = [what, asked.season.slug, asked.horizon, (asked.asset or "").lower(), *named]
    return "-".join(part for part in parts if part)


def who(asked: Asked, player: Player) -> list[Cell]:
    return [asked.season.slug, *asked.called(player)]


def skill(of: Skill) -> list[Cell]:
    """The columns SKILL."""
    return [
        of.season_rounds, of.season_locks, of.rounds, of.locks,
        *map(points, (of.points, of.mean, of.mean_entered, of.rating, of.low, of.high)),
    ]  # fmt: skip


def points(milli: int | None) -> Decimal | None:
    return None if milli is None else Decimal(milli).scaleb(-3)
