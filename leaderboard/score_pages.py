"""All scores of a season, page by page: every final round's, the best of a round first.

A page begins at a place within a round, so that none is found by counting off what came before.
"""

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from leaderboard.sums import Scope
from league.models import Round
from league.models.round import Status
from predictions.models import Score

PLACE: Final = re.compile(r"([0-9a-f]{32})\.(\d{1,9})", re.ASCII)
COLUMNS: Final = (
    "round_id", "round__asset_id", "round__horizon", "round__locks_at", "round__settles_at",
    "round__reference_price", "round__settlement_price", "round__outcome_bp", "player_id",
    "player__handle", "player__name", "player__kind", "points_milli",
)  # fmt: skip
Row = dict[str, Any]


class NoSuchPlace(Exception):
    """Not a place this module gave out."""


@dataclass(frozen=True, slots=True)
class Place:
    """The `skipped`-th score of a round and everything after it."""

    round_id: UUID
    skipped: int

    def __str__(self) -> str:
        return f"{self.round_id.hex}.{self.skipped}"


def place(text: str) -> Place:
    """:raises NoSuchPlace: for what is not a place's text."""
    found = PLACE.fullmatch(text)
    if found is None:
        raise NoSuchPlace("The cursor is not one of ours.")
    return Place(UUID(found[1]), int(found[2]))


def page(*, scope: Scope, at: Place | None, limit: int) -> tuple[list[Row], Place | None]:
    """At most `limit` rows of COLUMNS from a place or the beginning on, and where to go on."""
    start = at or _beginning(scope)
    if start is None:
        return [], None
    scores = _scores(scope).filter(round_id__gte=start.round_id)
    ordered = scores.order_by("round_id", "-points_milli", "player_id").values(*COLUMNS)
    rows = list(ordered[start.skipped : start.skipped + limit + 1])
    if len(rows) <= limit:
        return rows, None
    last = rows[limit]["round_id"]
    seen = sum(row["round_id"] == last for row in rows[:limit])
    return rows[:limit], Place(last, seen + (start.skipped if last == start.round_id else 0))


def _beginning(scope: Scope) -> Place | None:
    rounds = Round.objects.filter(**_named(scope)).order_by("pk")
    first = rounds.values_list("pk", flat=True).first()
    return None if first is None else Place(first, 0)


def _scores(scope: Scope) -> QuerySet[Score]:
    later = Score.objects.filter(
        round=OuterRef("round"),
        player=OuterRef("player"),
        settlement_version__gt=OuterRef("settlement_version"),
    )
    named = {f"round__{column}": value for column, value in _named(scope).items()}
    return Score.objects.filter(~Exists(later), **named)


def _named(scope: Scope) -> dict[str, Any]:
    wanted = {
        "season": scope.season,
        "status": Status.FINAL,
        "horizon": scope.horizon,
        "asset": scope.asset,
    }
    return {column: value for column, value in wanted.items() if value is not None}
