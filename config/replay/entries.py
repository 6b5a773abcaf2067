"""The entries file of a replay: parsed and checked whole before anything is played."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from django.core.exceptions import ValidationError

from config.instants import NotAnInstant, parse_instant
from league.cadence import Slot
from league.models.player import HANDLE
from league.players import BUILT_IN
from predictions import entry_forms
from predictions.entry_forms import Entry, InvalidEntry

COLUMNS = (
    "player", "asset", "horizon", "locks_at", "form",
    "p10", "p50", "p90", "point", "prob_up", "basis",
)  # fmt: skip
USED = {"quantiles": ("p10", "p50", "p90"), "point": ("point",), "prob_up": ("prob_up",)}
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
NUMBERS = ("p10", "p50", "p90", "point", "prob_up")
Key = tuple[str, str, datetime]


class MalformedEntries(Exception):
    """A row that cannot be played: the file, the line and why."""

    def __init__(self, file: Path, line: int, reason: str) -> None:
        super().__init__(f"{file.name}, line {line}: {reason}")


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    player: str
    slot: Slot
    entry: Entry


def read(file: Path, *, slots: Mapping[Key, Slot]) -> list[Row]:
    """Every row of the file, in order. `slots` are the rounds that will be played.

    :raises MalformedEntries: the first row that cannot be played.
    """
    seen: set[tuple[str, Key]] = set()
    rows = []
    for line, fields in _lines(file):
        try:
            row = _row(line, fields, slots=slots)
        except (InvalidEntry, ValueError) as error:
            field = f"{error.field}: " if isinstance(error, InvalidEntry) else ""
            raise MalformedEntries(file, line, f"{field}{error}") from error
        key = (row.player, (row.slot.asset, row.slot.horizon, row.slot.locks_at))
        if key in seen:
            raise MalformedEntries(file, line, f"{row.player} already has an entry in that round")
        seen.add(key)
        rows.append(row)
    return rows


def _lines(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MalformedEntries(file, 0, f"unreadable: {error}") from error
    reader = csv.reader(text.splitlines())
    try:
        header = next(reader, [])
        if sorted(header) != sorted(COLUMNS):
            raise MalformedEntries(file, 1, f"the header must be {','.join(COLUMNS)}")
        for values in reader:
            if len(values) != len(header):
                wrong = f"{len(values)} fields instead of {len(header)}"
                raise MalformedEntries(file, reader.line_num, wrong)
            yield reader.line_num, dict(zip(header, (v.strip() for v in values), strict=True))
    except csv.Error as error:
        raise MalformedEntries(file, reader.line_num, str(error)) from error


def _row(line: int, fields: Mapping[str, str], *, slots: Mapping[Key, Slot]) -> Row:
    return Row(line, _player(fields["player"]), _slot(fields, slots), _entry(fields))


def _player(handle: str) -> str:
    try:
        HANDLE(handle)
    except ValidationError as error:
        raise ValueError(f"player: {error.message}") from error
    if handle in {known for known, _, _ in BUILT_IN}:
        raise ValueError(f"player: {handle} is a built-in player")
    return handle


def _slot(fields: Mapping[str, str], slots: Mapping[Key, Slot]) -> Slot:
    try:
        locks_at = parse_instant(fields["locks_at"])
    except NotAnInstant as error:
        raise ValueError(f"locks_at: {error}") from error
    slot = slots.get((fields["asset"], fields["horizon"], locks_at))
    if slot is None:
        raise ValueError(_why_unplayed(fields, slots))
    return slot


def _why_unplayed(fields: Mapping[str, str], slots: Mapping[Key, Slot]) -> str:
    """The first of the three columns that names no round of the replay."""
    asset, horizon = fields["asset"], fields["horizon"]
    if all(slot.asset != asset for slot in slots.values()):
        return f"asset: {asset!r} is not played"
    if all(slot.horizon != horizon for slot in slots.values()):
        return f"horizon: {horizon!r} is not played"
    return f"locks_at: no {asset} {horizon} round locks at {fields['locks_at']}"


def _entry(fields: Mapping[str, str]) -> Entry:
    form, basis = fields["form"], fields["basis"] or entry_forms.PRICE
    if form not in USED:
        raise ValueError(f"form: {form!r} is not one of {', '.join(USED)}")
    if basis not in {entry_forms.PRICE, entry_forms.RETURN}:
        raise ValueError(f"basis: {basis!r} is neither price nor return")
    extra = [name for name in NUMBERS if fields[name] and name not in USED[form]]
    if extra:
        raise ValueError(f"{extra[0]}: does not belong to the form {form}")
    numbers = [_number(name, fields[name]) for name in USED[form]]
    makers: dict[str, Callable[..., Entry]] = {
        "quantiles": entry_forms.quantiles,
        "point": entry_forms.point,
    }
    if form in makers:
        return makers[form](*numbers, basis=basis)
    return entry_forms.prob_up(*numbers)


def _number(name: str, text: str) -> Decimal:
    if not NUMBER.fullmatch(text):  # narrower than Decimal: no 1_000, no other script's digits
        raise InvalidEntry(name, "not_a_number", f"{text!r} is not a number")
    return Decimal(text)
