"""What a statement over a whole round or season may use: more than a request's."""

from typing import Final

from django.db import connection

LONGEST: Final = "300s"
MEMORY: Final = "64MB"


def take() -> None:
    """Until the end of the caller's transaction: time for a million rows, and sorts in memory."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true),"
                " set_config('work_mem', %s, true)",
                [LONGEST, MEMORY],
            )
