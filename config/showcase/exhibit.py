"""Everything on a round's page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from config.showcase import entries, fans, house, lifecycle
from config.showcase.entries import Entries
from config.showcase.fans import Forecast, Picture
from config.showcase.lifecycle import Step
from league import frames, visibility
from league.frames import Frame
from league.models import Round, RoundEvent
from league.models.player import Kind
from league.visibility import Viewer
from markets import observations
from predictions import proofs, queries
from predictions.models import Commitment
from predictions.models.aggregate import Of
from predictions.queries import Together

Evidence = list[dict[str, object]]
GROUPS = ((Of.HUMAN, "Humans"), (Of.AI, "AI players"), (Of.ALL, "Everybody"))


class NotShown(Exception):
    """There is no such round for this visitor."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a group said together."""

    name: str
    said: Together


@dataclass(frozen=True, slots=True)
class Exhibit:
    """`frame` is frozen or, while the round is open, provisional; `entries` None while sealed."""

    round_: Round
    steps: list[Step]
    events: list[RoundEvent]
    frame: Frame | None
    is_frozen: bool
    is_committed: bool
    anchored: proofs.Json
    entries: Entries | None
    lines: list[Line]
    picture: Picture | None
    reference: Evidence
    settlement: Evidence


def of(round_id: UUID, *, viewer: Viewer, now: datetime) -> Exhibit:
    """:raises NotShown: for a round that is not there or not for this viewer."""
    round_ = visibility.rounds(viewer).select_related("asset").filter(pk=round_id).first()
    if round_ is None:
        raise NotShown
    events = list(RoundEvent.objects.filter(round=round_).order_by("version"))
    frozen = frames.frozen(round_)
    frame = frozen or house.of([round_], now=now)[round_.pk]
    shown = _entries(round_, frame=frozen, viewer=viewer, now=now)
    said = queries.together(round_, now=now) if shown else {}
    return Exhibit(
        round_=round_,
        steps=lifecycle.strip(round_, events),
        events=events,
        frame=frame,
        is_frozen=frozen is not None,
        anchored=proofs.anchored(round_),
        is_committed=Commitment.objects.filter(round=round_).exists(),
        entries=shown,
        lines=[Line(name, one) for of, name in GROUPS if (one := said.get(of))],
        picture=_picture(frame, shown, crowd=said.get(Of.HUMAN), outcome_bp=round_.outcome_bp),
        reference=_evidence(round_, round_.locks_at),
        settlement=_evidence(round_, round_.settles_at),
    )


def _entries(
    round_: Round, *, frame: Frame | None, viewer: Viewer, now: datetime
) -> Entries | None:
    try:
        return entries.of(round_, frame=frame, viewer=viewer, now=now)
    except queries.EntriesSealed:
        return None


def _picture(
    frame: Frame | None,
    shown: Entries | None,
    *,
    crowd: Together | None,
    outcome_bp: float | None,
) -> Picture | None:
    """House, AI and crowd."""
    if frame is None:
        return None
    rows = shown.rows if shown else []
    forecasts = [Forecast("House", Kind.HOUSE, frame.house_bp())]
    forecasts += [
        Forecast(row.prediction.player.name, Kind.AI, row.quantiles)
        for row in rows
        if row.quantiles and row.prediction.player.kind == Kind.AI
    ]
    if crowd is not None:
        forecasts.append(Forecast("Crowd (median human)", Kind.CROWD, crowd.levels))
    return fans.picture(forecasts, outcome_bp=outcome_bp)


def _evidence(round_: Round, instant: datetime) -> Evidence:
    return observations.evidence(
        symbol=round_.asset_id, instant=instant, price_mode=round_.season.price_mode
    )
