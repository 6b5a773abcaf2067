"""Which predictions a reader may see: the one place entries are sealed until their lock."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from league import frames, visibility
from league.models import Player, Round
from league.visibility import Viewer
from predictions.models import Aggregate, Prediction, Score
from predictions.models.aggregate import Of


class EntriesSealed(Exception):
    """The round has not locked: nobody reads others' entries yet."""


@dataclass(frozen=True, slots=True)
class Together:
    """What `count` entries said together: the median of each level, as prices.

    `levels` are the same in basis points from the reference price.
    """

    count: int
    levels: tuple[float, float, float]
    p10: Decimal
    p50: Decimal
    p90: Decimal


def scored() -> QuerySet[Prediction]:
    """Predictions with `points_milli`, their score under the round's latest settlement."""
    scores = Score.objects.filter(round=OuterRef("round"), player=OuterRef("player"))
    latest = scores.order_by("-settlement_version").values("points_milli")[:1]
    return Prediction.objects.select_related("player", "round", "cost").annotate(
        points_milli=Subquery(latest)
    )


def of_player(player: Player) -> QuerySet[Prediction]:
    """A player's own, sealed or not."""
    return scored().filter(player=player)


def readable(*, viewer: Viewer, player: Player | None, now: datetime) -> QuerySet[Prediction]:
    """One's own, and what stood at the lock in rounds the viewer may see."""
    unsealed = visibility.rounds(viewer).visible_entries(now=now)
    open_to_all = Q(round__in=unsealed.values("pk"), is_withdrawn=False)
    return scored().filter(open_to_all | Q(player=player) if player else open_to_all)


def of_round(round_id: UUID, *, viewer: Viewer, now: datetime) -> QuerySet[Prediction]:
    """Every entry that stood at a round's lock.

    :raises league.models.Round.DoesNotExist: for a round the viewer may not see.
    :raises EntriesSealed: before its lock.
    """
    round_: Round = visibility.rounds(viewer).get(pk=round_id)
    _require_unsealed(round_, now=now)
    return scored().filter(round=round_, is_withdrawn=False)


def together(round_: Round, *, now: datetime) -> dict[str, Together | None]:
    """By human, ai and all; None where too few entered, or it is not worked out yet.

    :raises EntriesSealed: before the round's lock.
    """
    _require_unsealed(round_, now=now)
    frame = frames.frozen(round_)
    found: dict[str, Together | None] = dict.fromkeys(Of.values)
    if frame is None:
        return found
    for row in Aggregate.objects.filter(round=round_):
        levels = (row.low_bp, row.middle_bp, row.high_bp)
        found[row.kind] = Together(row.count, levels, *(frame.price_at(bp) for bp in levels))
    return found


def _require_unsealed(round_: Round, *, now: datetime) -> None:
    if round_.is_sealed(now=now):
        raise EntriesSealed("Entries are sealed until the round locks.")
