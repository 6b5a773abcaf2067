"""Many words of one player written at once: as many statements for five hundred as for one.

PostgreSQL takes the columns as arrays; SQLite, whose writer is alone, row by row.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import connection

from predictions.models import Prediction
from predictions.submissions import WORD, Collision

Row = Mapping[str, Any]  # by attribute of Prediction
INSERT: Final = 'INSERT INTO "predictions_prediction" ({columns}) {source} ON CONFLICT DO NOTHING'
UPDATE: Final = """
    UPDATE "predictions_prediction" AS p SET {changes} FROM ({source}) AS v ({columns})
    WHERE p."id" = v."id" AND p."revision" = v."revision" - 1
"""
UPDATE_ONE: Final = """
    UPDATE "predictions_prediction" SET {changes}
    WHERE "id" = %(id)s AND "revision" = %(revision)s - 1
"""
ARRAYS: Final = "SELECT {shown} FROM unnest({arrays}) AS u ({names})"
ARCHIVE: Final = """
    INSERT INTO "predictions_revision" ("prediction_id", {columns})
    SELECT "id", {columns} FROM "predictions_prediction" WHERE "id" {among}
"""


def add(rows: Sequence[Row]) -> None:
    """First words. :raises predictions.submissions.Collision: when one exists already."""
    if not rows:
        return
    columns = _columns(rows)
    if _is_postgres():
        source, parameters = _arrays(rows)
        count = _execute(INSERT.format(columns=columns, source=source), parameters)
    else:
        marks = ", ".join(f"%({name})s" for name in rows[0])
        count = _execute_each(INSERT.format(columns=columns, source=f"VALUES ({marks})"), rows)
    if count != len(rows):
        raise Collision("Another request of yours came first.")


def replace(rows: Sequence[Row]) -> None:
    """Archive the standing words by `id`, then move each on to its new `revision`.

    :raises predictions.submissions.Collision: when somebody else has moved one on.
    """
    if not rows:
        return
    _archive([row["id"] for row in rows])
    columns = _columns(rows)
    changes = [name for name in rows[0] if name != "id"]
    if _is_postgres():
        source, parameters = _arrays(rows)
        sets = ", ".join(f'"{name}" = v."{name}"' for name in map(_column, changes))
        sql = UPDATE.format(changes=sets, source=source, columns=columns)
        count = _execute(sql, parameters)
    else:
        sets = ", ".join(f'"{_column(name)}" = %({name})s' for name in changes)
        count = _execute_each(UPDATE_ONE.format(changes=sets), rows)
    if count != len(rows):
        raise Collision("Another request of yours came first.")


def _archive(ids: Sequence[Any]) -> None:
    columns = ", ".join(f'"{name}"' for name in WORD)
    if _is_postgres():
        _execute(ARCHIVE.format(columns=columns, among="= ANY(%(ids)s)"), {"ids": list(ids)})
    else:
        sql = ARCHIVE.format(columns=columns, among="= %(id)s")
        _execute_each(sql, [{"id": key} for key in ids])


def _arrays(rows: Sequence[Row]) -> tuple[str, dict[str, Any]]:
    """A SELECT of the rows; a column that says the same everywhere is sent once.

    The others are sent as one text each and split by the server: a driver's arrays cost more than
    everything else a row needs. No value of a word that differs between rows holds a comma.
    """
    shown, parameters, lists = [], {}, []
    for name in rows[0]:
        values = [row[name] for row in rows]
        kind = _kind(name)
        if name != "id" and values.count(values[0]) == len(values):
            parameters[name] = values[0]
            shown.append(f"%({name})s::{kind}")
            continue
        parameters[name] = ",".join(map(_text, values))
        lists.append(name)
        is_bytes = kind == "bytea"
        shown.append(f"decode(u.\"{name}\", 'hex')" if is_bytes else f'u."{name}"::{kind}')
    split = ", ".join(f"string_to_array(%({name})s, ',', '')" for name in lists)
    names = ", ".join(f'"{name}"' for name in lists)
    return ARRAYS.format(shown=", ".join(shown), arrays=split, names=names), parameters


def _text(value: object) -> str:
    """As PostgreSQL reads it; an empty text is its NULL here."""
    if isinstance(value, bytes):
        return value.hex()
    return "" if value is None else str(value)


def _columns(rows: Sequence[Row]) -> str:
    return ", ".join(f'"{_column(name)}"' for name in rows[0])


def _column(name: str) -> str:
    return str(_field(name).column)


def _kind(name: str) -> str:
    kind = str(_field(name).db_type(connection))
    return "text" if kind.startswith("varchar") else kind


def _field(name: str) -> Any:
    return _FIELDS[name]


_FIELDS: Final = {field.attname: field for field in Prediction._meta.concrete_fields}  # noqa: SLF001


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"


def _execute(sql: str, parameters: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def _execute_each(sql: str, rows: Sequence[Row]) -> int:
    count = 0
    with connection.cursor() as cursor:
        for row in rows:
            prepared = {
                name: _field(name).get_db_prep_save(value, connection)
                for name, value in row.items()
            }
            cursor.execute(sql, prepared)
            count += cursor.rowcount
    return count
