"""Many predictions of one player in one transaction: all of them accepted, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from league import frames, gate, visibility
from league.answers import Once
from league.frames import Frame
from league.identifiers import uuid7
from league.models import Player, Round, Season
from league.visibility import Viewer
from predictions import reach, shelf
from predictions.entry_forms import Entry
from predictions.models import Prediction
from predictions.reach import EntryTooFar
from predictions.submissions import Accepted, Collision, PlayerSuspended
from predictions.words import Word

Quantiles = tuple[Decimal, Decimal, Decimal]
MOST = 500


@dataclass(frozen=True, slots=True)
class ItemFault:
    """What is wrong with the item at `place`; `field` is empty where it is the whole item."""

    place: int
    field: str
    code: str
    detail: str


class ItemsRefused(Exception):
    """Some items cannot be accepted, so none was."""

    def __init__(self, faults: Sequence[ItemFault]) -> None:
        super().__init__(f"{len(faults)} of the items cannot be accepted: nothing was written.")
        self.faults = tuple(faults)


class ItemsMisshapen(ItemsRefused):
    """Items that are no entries, or two for one round."""


class ItemsInvalid(ItemsRefused):
    """Items with numbers no prediction can hold."""


class ItemsUnknown(ItemsRefused):
    """Items for rounds that do not exist."""


class ItemsTooFar(ItemsRefused):
    """Items more than six sigmas from the price."""


class ItemsNotOpen(ItemsRefused):
    """Items for rounds that are not open, or whose lock has passed."""


@dataclass(frozen=True, slots=True)
class Item:
    """An entry to a round."""

    round_id: UUID
    entry: Entry


@dataclass(frozen=True, slots=True)
class Batch:
    """Items whose rounds exist and whose entries are within reach: `quantiles` by item."""

    items: Sequence[Item]
    rounds: Mapping[UUID, Round]
    quantiles: Sequence[Quantiles]


def check(items: Sequence[Item], *, viewer: Viewer, now: datetime) -> Batch:
    """Everything that can be said before the gate. `now` tells the age of remembered prices only.

    :raises ItemsUnknown: and ItemsTooFar, and league.frames.NoFrame (try again later).
    """
    rounds = _rounds([item.round_id for item in items], viewer=viewer)
    lost = [place for place, item in enumerate(items) if item.round_id not in rounds]
    if lost:
        raise ItemsUnknown(
            [ItemFault(place, "round", "not_found", "There is no such round.") for place in lost]
        )
    return Batch(items, rounds, _quantiles(items, rounds, now=now))


def enter(batch: Batch, *, player: Player, once: Once[list[Accepted]]) -> list[Accepted]:
    """What was accepted, in the order of the items; a later word replaces an earlier one.

    :raises ItemsNotOpen: and PlayerSuspended, Collision; nothing is written then.
    """
    if not player.is_active:
        raise PlayerSuspended("This player may not enter predictions.")
    for _ in range(3):
        try:
            with transaction.atomic(durable=True):
                once.claim()
                accepted = _write(batch, player)
                once.keep(accepted)
        except Collision:
            continue  # the same player's other request came first: this one revises it
        return accepted
    raise Collision("Another request of yours changed these predictions at the same moment.")


def preview(batch: Batch) -> Sequence[Quantiles]:
    """What `enter` would accept, as prices; writes nothing. :raises ItemsNotOpen:"""
    with transaction.atomic(durable=True):
        _admit(batch)
    return batch.quantiles


def _rounds(ids: Sequence[UUID], *, viewer: Viewer) -> dict[UUID, Round]:
    """With their seasons, each read once."""
    found = visibility.rounds(viewer).select_related(None).in_bulk(list(ids))
    seasons = Season.objects.in_bulk({round_.season_id for round_ in found.values()})
    for round_ in found.values():
        round_.season = seasons[round_.season_id]
    return found


def _quantiles(
    items: Sequence[Item], rounds: Mapping[UUID, Round], *, now: datetime
) -> list[Quantiles]:
    known: dict[tuple[UUID, str, str], Frame] = {}
    found, faults = [], []
    for place, item in enumerate(items):
        round_ = rounds[item.round_id]
        market = (round_.season_id, round_.asset_id, round_.horizon)
        if market not in known:
            known[market] = frames.recent(round_, now=now)
        try:
            found.append(reach.check(item.entry, frame=known[market]))
        except EntryTooFar as error:
            faults.append(ItemFault(place, error.field, error.code, str(error)))
    if faults:
        raise ItemsTooFar(faults)
    return found


def _admit(batch: Batch) -> datetime:
    """The one instant at which every round admitted its item."""
    admitted = gate.admit_all(round_ids=[item.round_id for item in batch.items])
    shut = [place for place, item in enumerate(batch.items) if item.round_id not in admitted]
    if shut:
        detail = "This round is not open for predictions."
        raise ItemsNotOpen([ItemFault(place, "round", "round_not_open", detail) for place in shut])
    return next(iter(admitted.values()))


def _write(batch: Batch, player: Player) -> list[Accepted]:
    at = _admit(batch)
    standing = _standing(batch, player)
    rows: dict[UUID, dict[str, Any]] = {}
    for item in batch.items:
        before = standing.get(item.round_id)
        revision = before.revision + 1 if before else 1
        word = Word(batch.rounds[item.round_id], player, item.entry, None, at)
        rows[item.round_id] = {
            "id": before.pk if before else uuid7(),
            "round_id": item.round_id,
            "player_id": player.pk,
            "revision": revision,
            **word.columns(revision=revision),
        }
    in_order = sorted(rows)  # whoever else writes the same words waits at the same one
    shelf.add([rows[key] for key in in_order if key not in standing])
    shelf.replace([rows[key] for key in in_order if key in standing])
    return [
        Accepted(_shown(rows[item.round_id], player), item.round_id not in standing, quantiles)
        for item, quantiles in zip(batch.items, batch.quantiles, strict=True)
    ]


def _standing(batch: Batch, player: Player) -> dict[UUID, Prediction]:
    own = Prediction.objects.filter(player=player, round_id__in=list(batch.rounds))
    locked = own.select_for_update().only("pk", "round_id", "revision").order_by("round_id")
    return {row.round_id: row for row in locked}


def _shown(row: Mapping[str, Any], player: Player) -> Prediction:
    made = Prediction(**row)
    made.player = player
    return made
