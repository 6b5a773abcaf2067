"""The body of a bulk request: its items, or every fault of every item at its place."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from rest_framework import exceptions

from predictions import bulk, entry_shapes
from predictions.bulk import Item
from predictions.entry_forms import Entry, InvalidEntry
from predictions.entry_shapes import Misshapen
from predictions.item_faults import ItemFault, ItemsInvalid, ItemsMisshapen

UUID_LENGTHS = {32, 36}


def read(data: object) -> list[Item]:
    """:raises predictions.item_faults.ItemsMisshapen: and ItemsInvalid, and what `listed` does."""
    raw = listed(data)
    items = list(filter(None, map(flawless, raw)))
    if len(items) == len(raw) == len({item.round_id for item in items}):
        return items
    faults: list[ItemFault] = []
    found = [item for place, each in enumerate(raw) for item in one(each, place, faults)]
    faults += repeated(raw)
    if any(fault.code in SHAPE_CODES for fault in faults):
        raise ItemsMisshapen(sorted(faults, key=lambda fault: fault.place))
    if faults:
        raise ItemsInvalid(faults)
    return found


def flawless(each: object) -> Item | None:
    """Most items are: whatever is not is looked at again, to say what is wrong with it."""
    rest = dict(each) if isinstance(each, dict) else {}
    said = rest.pop("round", None)
    if not isinstance(said, str) or len(said) not in UUID_LENGTHS:
        return None
    try:
        return Item(UUID(said), entry_shapes.read(rest))
    except (ValueError, Misshapen, InvalidEntry):
        return None


SHAPE_CODES = {"required", "null", "invalid", "invalid_choice", "unknown_field", "duplicate"}


def listed(data: object) -> list[Any]:
    """:raises rest_framework.exceptions.ValidationError: unless {"items": [1 to 500]}."""
    if not isinstance(data, Mapping):
        raise exceptions.ValidationError({"non_field_errors": ["Give an object with items."]})
    unknown = sorted(set(map(str, data)) - {"items"})[:20]
    if unknown:
        raise exceptions.ValidationError(
            {name: ["Unknown field."] for name in unknown}, code="unknown_field"
        )
    items = data.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= bulk.MOST:
        raise exceptions.ValidationError({"items": [f"Give a list of 1 to {bulk.MOST} items."]})
    return items


def one(each: object, place: int, faults: list[ItemFault]) -> Iterator[Item]:
    """The item, or its faults added to the others'."""
    entry: Entry | None = None
    rest = each
    if isinstance(each, Mapping):
        rest = {name: value for name, value in each.items() if name != "round"}
    round_id = identified(each, place, faults)
    try:
        entry = entry_shapes.read(rest)
    except Misshapen as error:
        faults += [ItemFault(place, f.field, f.code, f.detail) for f in error.faults]
    except InvalidEntry as error:
        faults.append(ItemFault(place, error.field, error.code, str(error)))
    if entry is not None and round_id is not None:
        yield Item(round_id, entry)


def identified(each: object, place: int, faults: list[ItemFault]) -> UUID | None:
    if not isinstance(each, Mapping):
        return None  # the entry's reader says so
    said = each.get("round")
    if "round" not in each:
        missing = entry_shapes.missing("round")
        faults.append(ItemFault(place, missing.field, missing.code, missing.detail))
        return None
    try:
        if isinstance(said, str) and len(said) in UUID_LENGTHS:
            key = UUID(said)
            if said.lower() in {str(key), key.hex}:  # UUID() takes other spellings, too
                return key
    except ValueError:
        said = None
    faults.append(ItemFault(place, "round", "invalid", "Must be a valid UUID."))
    return None


def repeated(raw: Sequence[Any]) -> Iterator[ItemFault]:
    """There is one prediction per player and round."""
    seen: set[str] = set()
    for place, each in enumerate(raw):
        said = each.get("round") if isinstance(each, Mapping) else None
        if not isinstance(said, str):
            continue
        name = said.replace("-", "").lower()
        if name in seen:
            yield ItemFault(place, "round", "duplicate", "This round is in the list already.")
        seen.add(name)
