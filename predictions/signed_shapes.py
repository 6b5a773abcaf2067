"""An entry as JSON that may carry a wallet's signature, and the salt that was signed with it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from predictions import entry_shapes
from predictions.entry_shapes import Fault, Misshapen
from predictions.vows import Said, Vow

SHAPES: Final = {
    "salt": re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII),
    "signature": re.compile(r"0x[0-9a-fA-F]{130}", re.ASCII),
}
DETAILS: Final = {"salt": "Give 0x and 32 bytes.", "signature": "Give 0x and 65 bytes."}


def read(data: object) -> Said:
    """:raises predictions.entry_shapes.Misshapen: and what predictions.entry_shapes.read does."""
    if not isinstance(data, Mapping) or not data.keys() & SHAPES.keys():
        return Said(entry_shapes.read(data))
    entry = entry_shapes.read({name: data[name] for name in data if name not in SHAPES})
    faults = list(_faults(data))
    if faults:
        raise Misshapen(faults)
    return Said(entry, Vow(*(bytes.fromhex(data[name][2:]) for name in SHAPES)))


def _faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    for name, shape in SHAPES.items():
        said = data.get(name)
        if name not in data:
            yield entry_shapes.missing(name)
        elif not isinstance(said, str) or not shape.fullmatch(said):
            yield Fault(name, "invalid", DETAILS[name])
