"""One poisoned round must not delay the others: its failures are counted, and it waits longer.

Five strikes, 5 s to 21 min apart, take about half an hour; then the round waits for a person.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from league import departure
from league.models import Round

logger = logging.getLogger(__name__)
FIRST = timedelta(seconds=5)
FACTOR = 4


def attempt(step: Callable[..., bool], round_: Round, *, now: datetime) -> bool:
    """Whether the step did something; an unexpected failure is logged and counted.

    Counted in a transaction of its own, on a new connection if the step broke the old one. A
    worker about to leave takes no further step: the next worker finds the same rounds.
    """
    if departure.is_announced():
        return False
    try:
        return step(round_, now=now)
    except Exception as error:
        departure.heed(error)  # the time was up: the round is not to blame
        logger.exception("round step failed", extra={"round": str(round_.pk)})
        connection.close_if_unusable_or_obsolete()
        Round.objects.filter(pk=round_.pk).update(
            attempts=F("attempts") + 1, backoff_until=now + FIRST * FACTOR**round_.attempts
        )
        return False
