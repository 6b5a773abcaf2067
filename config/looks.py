"""By which clock a hint makes a worker look: the database's, which decides entries too.

A host whose own clock is an hour ahead would lock rounds an hour early, while the database still
admits entries to them; one behind would settle late. The database is the one clock all share.
"""

from typing import Any

from celery import Task

from league import gate


class Look(Task):  # type: ignore[misc]  # celery ships no types
    """Whatever a message says, `now` is read from the database when the work begins."""

    abstract = True
    typing = False  # a hint is sent without `now`

    def __call__(self, *given: Any, **named: Any) -> Any:
        return super().__call__(*given, **named | {"now": gate.database_now()})
