"""Tables as CSV that a spreadsheet may open: text that would be taken for a formula is defused."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from rest_framework.renderers import BaseRenderer

# What begins a formula, and what some spreadsheets read as the same or skip before it.
TRIGGERS: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
Cell = str | int | float | Decimal | datetime | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """`name` is the file's, without its ending: a-z, 0-9 and hyphens."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]


class CsvRenderer(BaseRenderer):
    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None
    ) -> bytes:
        """A sheet; what is none (the description of a view) as names and values."""
        del accepted_media_type, renderer_context
        if isinstance(data, Sheet):
            return text(data).encode()
        named = data.items() if isinstance(data, Mapping) else ()
        rows = [(str(name), str(value)) for name, value in named]
        return text(Sheet("", ("name", "value"), rows)).encode()


def text(sheet: Sheet) -> str:
    """RFC 4180, a header first."""
    whole = io.StringIO(newline="")
    writer = csv.writer(whole, lineterminator="\r\n")
    writer.writerow(sheet.columns)
    writer.writerows([cell(value) for value in row] for row in sheet.rows)
    return whole.getvalue()


def cell(value: Cell) -> str:
    """Numbers stay numbers, a negative one included; only text can be mistaken."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else repr(value)
    is_risky = value.startswith(TRIGGERS) or value.lstrip().startswith(TRIGGERS)
    return f"'{value}" if is_risky else value
