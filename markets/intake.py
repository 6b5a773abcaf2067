"""Rows into the store, many at once; what is stored already stays as it was.

A model instance per row would cost more than the rest together. PostgreSQL takes BULK rows or more
by binary COPY into a table of the transaction's own, and from there in one statement. Fewer rows,
and SQLite's, are the values of one statement each BULK. Never `executemany`: it is a pipeline, and
a host that vanishes in the middle of one leaves its locks to a session no time limit of the server
applies to.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

BULK: Final = 200
INCOMING: Final = "incoming"
INSERT: Final = "INSERT INTO {table} ({columns}) VALUES {{values}} ON CONFLICT DO NOTHING"
Rows = Sequence[tuple[Any, ...]]


def insert(model: type[models.Model], names: Sequence[str], rows: Rows) -> int:
    """Insert the rows no unique key of which is taken; `names` are the fields in their order.

    Returns how many were new.

    :raises django.db.IntegrityError: for a row the table's other constraints refuse.
    """
    if not rows:
        return 0
    known: Any = model._meta  # noqa: SLF001 -- Django's own name for it
    fields = [known.get_field(name) for name in names]
    table = _quoted(known.db_table)
    columns = ", ".join(_quoted(field.column) for field in fields)
    is_bulk = connection.vendor == "postgresql" and len(rows) >= BULK
    with transaction.atomic(), connection.cursor() as cursor:
        if is_bulk:
            _copy(cursor, rows, types=[_type(field) for field in fields], source=(table, columns))
            return _moved(cursor, table=table, columns=columns)
        adapted = [_adapted(fields, row) for row in rows]
        return sum(
            values(cursor, INSERT.format(table=table, columns=columns), some)
            for some in batched(adapted, BULK)
        )


def values(cursor: CursorWrapper, statement: str, rows: Sequence[Sequence[Any]]) -> int:
    """Run one statement with a tuple of marks a row in place of its {values}: rows it changed."""
    marks = "(" + ", ".join(["%s"] * len(rows[0])) + ")"
    cursor.execute(
        statement.replace("{values}", ", ".join([marks] * len(rows))),
        list(itertools.chain.from_iterable(rows)),
    )
    return int(cursor.rowcount)


def batched(rows: list[list[Any]], size: int) -> Iterator[list[list[Any]]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _copy(
    cursor: CursorWrapper, rows: Rows, *, types: Sequence[str], source: tuple[str, str]
) -> None:
    table, columns = source
    cursor.execute(
        f"CREATE TEMPORARY TABLE {INCOMING} ON COMMIT DROP AS"  # noqa: S608
        f" SELECT {columns} FROM {table} WITH NO DATA"
    )
    into = f"COPY {INCOMING} FROM STDIN (FORMAT BINARY)"
    with connection.wrap_database_errors, cursor.copy(into) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _moved(cursor: CursorWrapper, *, table: str, columns: str) -> int:
    cursor.execute(
        f"INSERT INTO {table} ({columns})"  # noqa: S608
        f" SELECT {columns} FROM {INCOMING} ON CONFLICT DO NOTHING"
    )
    count = int(cursor.rowcount)
    cursor.execute(f"DROP TABLE {INCOMING}")
    return count


def _type(field: Any) -> str:
    """The bare name of a column's type: binary COPY converts nothing."""
    return str(field.db_type(connection)).partition("(")[0]


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _adapted(fields: Sequence[Any], row: tuple[Any, ...]) -> list[Any]:
    """As this database takes values: SQLite knows neither decimals nor times."""
    pairs = zip(fields, row, strict=True)
    return [field.get_db_prep_save(value, connection=connection) for field, value in pairs]
