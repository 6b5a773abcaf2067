"""What a statement over a whole round or season may use: more than a request's."""

from typing import Any, Final

from django.db import connection

LONGEST_S: Final = 200
MARGIN_S: Final = 2.0  # the server's limit comes first
MEMORY: Final = "64MB"


def take() -> None:
    """Until the end of the caller's transaction: time for a million rows, and sorts in memory."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true),"
                " set_config('work_mem', %s, true)",
                [f"{LONGEST_S}s", MEMORY],
            )
        raw: Any = connection.connection
        raw.longer_s = LONGEST_S + MARGIN_S  # config.postgresql: our own clock, until the end, too
