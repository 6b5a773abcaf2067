"""What must hold of the evidence for prices; each check counts the rows that break it.

`since` leaves out earlier instants.
"""

import functools
import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.db.models import F, Q

from markets.models import Observation
from markets.modes import PriceMode
from markets.providers import registry
from markets.witnesses import WINDOW

Check = Callable[[datetime], int]


def words_about_another_instant(since: datetime) -> int:
    """I7: a usable word is stamped in the five minutes up to its instant and heard after it.

    Cannot tell whether the source's own stamp is true.
    """
    too_late = Q(source_time__gt=F("instant"))
    too_old = Q(source_time__lte=F("instant") - WINDOW)
    unstamped = Q(is_valid=True, source_time__isnull=True)
    foretold = Q(fetched_at__lt=F("instant"))
    seen = Observation.objects.filter(instant__gte=since)
    return seen.filter(too_late | too_old | unstamped | foretold).count()


def words_of_no_mode(since: datetime) -> int:
    """I20: every source belongs to live, simulated or replayed prices.

    A round reads only its own mode's sources, so a known source cannot reach another mode.
    """
    known = functools.reduce(operator.or_, (registry.of_mode(mode) for mode in PriceMode))
    return Observation.objects.filter(instant__gte=since).exclude(known).count()


CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {
    "I7": (words_about_another_instant,),
    "I20": (words_of_no_mode,),
}
