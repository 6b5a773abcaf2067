"""An entry as JSON: the one definition of its fields, for one entry and for five hundred.

A plain reader, because a framework's serializer takes longer than everything else an entry needs.
It refuses with the framework's own codes and words.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from league import inputs
from predictions import entry_forms
from predictions.entry_forms import POINT, PRICE, PROB_UP, QUANTILES, RETURN, Entry

NUMBERS = {QUANTILES: ("p10", "p50", "p90"), POINT: ("point",), PROB_UP: ("prob_up",)}
NUMERIC = ("p10", "p50", "p90", "point", "prob_up")
FIELDS = frozenset({"form", "basis", *NUMERIC})
MOST_UNKNOWN = 20
BASES = (PRICE, RETURN)
# What most entries are: nothing can be amiss in their shape but the values.
COMPLETE = ({"form", "p10", "p50", "p90"}, {"form", "basis", "p10", "p50", "p90"})


@dataclass(frozen=True, slots=True)
class Fault:
    """`field` is empty where the whole value is at fault."""

    field: str
    code: str
    detail: str


class Misshapen(Exception):
    """JSON that is no entry; `faults` says where and why."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__()
        self.faults = tuple(faults)


def read(data: object) -> Entry:
    """form=quantiles with p10, p50, p90; form=point with point; form=prob_up with prob_up.

    :raises Misshapen: naming every field at fault.
    :raises predictions.entry_forms.InvalidEntry: for numbers no prediction can hold.
    """
    if isinstance(data, dict) and data.keys() in COMPLETE and data["form"] == QUANTILES:
        low, middle, high = data["p10"], data["p50"], data["p90"]
        basis = data.get("basis", PRICE)
        if basis in BASES and _is_plain(low) and _is_plain(middle) and _is_plain(high):
            return entry_forms.quantiles(Decimal(low), Decimal(middle), Decimal(high), basis=basis)
    if not isinstance(data, Mapping):
        raise Misshapen([_no_object(data)])
    if not data.keys() <= FIELDS:
        raise Misshapen(unknown(data, known=FIELDS))
    numbers: dict[str, Decimal] = {}
    faults = [*_choices(data), *_numbers(data, numbers)]
    if faults:
        raise Misshapen(faults)
    faults = list(_amiss(data, numbers))
    if faults:
        raise Misshapen(faults)
    return _entry(data, numbers)


def unknown(data: Mapping[Any, Any], *, known: frozenset[str]) -> Iterator[Fault]:
    """A misspelt field is never silently ignored."""
    for name in sorted(set(map(str, data)) - known)[:MOST_UNKNOWN]:
        yield Fault(name, "unknown_field", "Unknown field.")


def missing(field: str) -> Fault:
    return Fault(field, "required", "This field is required.")


def _no_object(data: object) -> Fault:
    if data is None:
        return Fault("", "null", "No data provided")
    kind = type(data).__name__
    return Fault("", "invalid", f"Invalid data. Expected a dictionary, but got {kind}.")


def _choices(data: Mapping[str, Any]) -> Iterator[Fault]:
    if "form" not in data:
        yield missing("form")
    for field, choices in (("form", NUMBERS), ("basis", BASES)):
        said = data.get(field, choices)
        if said is None:
            yield _null(field)
        elif said is not choices and (not isinstance(said, str) or said not in choices):
            yield Fault(field, "invalid_choice", f'"{said}" is not a valid choice.')


def _numbers(data: Mapping[str, Any], numbers: dict[str, Decimal]) -> Iterator[Fault]:
    """Fills `numbers` with those that are."""
    for field in NUMERIC:
        if field not in data:
            continue
        said = data[field]
        text = inputs.plain(said) if type(said) in {Decimal, int} else said
        if said is None:
            yield _null(field)
        elif isinstance(text, str) and inputs.PLAIN.fullmatch(text):
            numbers[field] = Decimal(text)
        else:
            yield Fault(field, "invalid", "A valid number is required.")


def _is_plain(said: object) -> bool:
    return isinstance(said, str) and inputs.PLAIN.fullmatch(said) is not None


def _null(field: str) -> Fault:
    return Fault(field, "null", "This field may not be null.")


def _amiss(data: Mapping[str, Any], numbers: Mapping[str, Decimal]) -> Iterator[Fault]:
    """What does not belong to this form, or is lacking."""
    wanted = NUMBERS[data["form"]]
    for name in wanted:
        if name not in numbers:
            yield Fault(name, "invalid", "This form needs it.")
    for name in numbers:
        if name not in wanted:
            yield Fault(name, "invalid", "Not part of this form.")
    if data["form"] == PROB_UP and "basis" in data:
        yield Fault("basis", "invalid", "A probability has no basis.")


def _entry(data: Mapping[str, Any], numbers: Mapping[str, Decimal]) -> Entry:
    basis = data.get("basis", PRICE)
    if data["form"] == QUANTILES:
        return entry_forms.quantiles(numbers["p10"], numbers["p50"], numbers["p90"], basis=basis)
    if data["form"] == POINT:
        return entry_forms.point(numbers["point"], basis=basis)
    return entry_forms.prob_up(numbers["prob_up"])
