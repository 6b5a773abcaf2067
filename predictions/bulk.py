"""Many predictions of one player in one transaction: all of them accepted, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.db import transaction

from league import frames, gate, visibility
from league.answers import Once
from league.identifiers import uuid7
from league.models import Player, Round, Season
from predictions import reach, shelf
from predictions.entry_forms import Entry
from predictions.item_faults import ItemFault, ItemsNotOpen, ItemsTooFar, ItemsUnknown
from predictions.models import Prediction
from predictions.reach import EntryTooFar, Quantiles, Ruler
from predictions.submissions import Collision, PlayerSuspended
from predictions.words import Word

MOST = 500


@dataclass(frozen=True, slots=True)
class Item:
    """An entry to a round."""

    round_id: UUID
    entry: Entry


@dataclass(frozen=True, slots=True)
class Batch:
    """Items whose rounds exist and whose entries are within reach: by item, in their order."""

    items: Sequence[Item]
    rounds: Sequence[Round]
    quantiles: Sequence[Quantiles]


@dataclass(frozen=True, slots=True)
class Entered:
    """`word` holds a prediction's attributes: a model instance would take longer to make."""

    word: Any
    is_new: bool
    quantiles: Quantiles


def check(items: Sequence[Item], *, player: Player, now: datetime) -> Batch:
    """Everything that can be said before the gate. `now` tells the age of remembered prices only.

    :raises ItemsUnknown: and ItemsTooFar, and league.frames.NoFrame (try again later).
    """
    found = _rounds([item.round_id for item in items], player=player)
    rounds = [found.get(item.round_id) for item in items]
    lost = [place for place, round_ in enumerate(rounds) if round_ is None]
    if lost:
        raise ItemsUnknown(
            [ItemFault(place, "round", "not_found", "There is no such round.") for place in lost]
        )
    known = [round_ for round_ in rounds if round_ is not None]
    return Batch(items, known, measured(items, _rulers(known, now=now)))


def enter(batch: Batch, *, player: Player, once: Once[list[Entered]]) -> list[Entered]:
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


def preview(batch: Batch, *, player: Player) -> Sequence[Quantiles]:
    """What `enter` would accept, as prices; writes nothing. :raises ItemsNotOpen:"""
    with transaction.atomic(durable=True):
        _admit(batch, player)
    return batch.quantiles


NEEDED = ("season_id", "asset_id", "horizon", "opens_at", "locks_at", "settles_at")


def _rounds(ids: Sequence[UUID], *, player: Player) -> dict[UUID, Round]:
    """With their seasons, each read once."""
    found = visibility.playable(player).select_related(None).only(*NEEDED).in_bulk(list(ids))
    seasons = Season.objects.in_bulk({round_.season_id for round_ in found.values()})
    for round_ in found.values():
        round_.season = seasons[round_.season_id]
    return found


def _rulers(rounds: Sequence[Round], *, now: datetime) -> list[Ruler]:
    return [reach.ruler(frames.recent(round_, now=now)) for round_ in rounds]


def measured(items: Sequence[Item], rulers: Sequence[Ruler]) -> list[Quantiles]:
    """The prices the items stand for, each by its own ruler. :raises ItemsTooFar:"""
    found, faults = [], []
    for place, (item, ruler) in enumerate(zip(items, rulers, strict=True)):
        try:
            found.append(ruler.check(item.entry))
        except EntryTooFar as error:
            faults.append(ItemFault(place, error.field, error.code, str(error)))
    if faults:
        raise ItemsTooFar(faults)
    return found


def _admit(batch: Batch, player: Player) -> datetime:
    """The one instant at which every round admitted its item, of a player still entitled to it."""
    admitted = gate.admit_all(
        round_ids=[item.round_id for item in batch.items],
        also=visibility.ENTITLED,
        given=visibility.entitlement(player),
    )
    shut = [place for place, item in enumerate(batch.items) if item.round_id not in admitted]
    if shut:
        detail = "This round is not open for predictions."
        raise ItemsNotOpen([ItemFault(place, "round", "round_not_open", detail) for place in shut])
    return next(iter(admitted.values()))


def _write(batch: Batch, player: Player) -> list[Entered]:
    at = _admit(batch, player)
    standing = _standing(batch, player)
    rows = [
        _row(Word(round_, player, item.entry, None, at), standing.get(item.round_id))
        for item, round_ in zip(batch.items, batch.rounds, strict=True)
    ]
    # Whoever else writes the same words waits at the same one.
    in_order = sorted(rows, key=lambda row: row["round_id"].int)
    shelf.add([row for row in in_order if row["revision"] == 1])
    shelf.replace([row for row in in_order if row["revision"] > 1])
    return [
        Entered(_shown(row, player), row["revision"] == 1, quantiles)
        for row, quantiles in zip(rows, batch.quantiles, strict=True)
    ]


def _row(word: Word, before: Prediction | None) -> dict[str, Any]:
    revision = before.revision + 1 if before else 1
    return {
        "id": before.pk if before else uuid7(),
        "round_id": word.round_.pk,
        "player_id": word.player.pk,
        "revision": revision,
        **word.columns(revision=revision),
    }


def _standing(batch: Batch, player: Player) -> dict[UUID, Prediction]:
    ids = [item.round_id for item in batch.items]
    own = Prediction.objects.filter(player=player, round_id__in=ids)
    locked = own.select_for_update().only("pk", "round_id", "revision").order_by("round_id")
    return {row.round_id: row for row in locked}


def _shown(row: Mapping[str, Any], player: Player) -> SimpleNamespace:
    return SimpleNamespace(pk=row["id"], player=player, **row)
