from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from markets.models import Observation
from tests import played
from tests.factories import NOON

pytestmark = pytest.mark.usefixtures("_played_season")
SECOND = timedelta(seconds=1)
ASIDE = NOON - timedelta(hours=7)  # an instant no round asks for


def said(**fields: Any) -> None:
    """One more word, about an instant of no round."""
    plain = {
        "asset_id": "BTC", "source": "sim-alpha", "instant": ASIDE, "value": 1, "reason": "",
        "source_time": ASIDE, "fetched_at": ASIDE, "is_valid": True, "digest": "0" * 64,
    }  # fmt: skip
    Observation.objects.create(**(plain | fields))


def heard_too_early() -> None:
    Observation.objects.filter(instant=NOON).update(fetched_at=NOON - SECOND)


def of_a_source_nobody_knows() -> None:
    Observation.objects.filter(source="sim-alpha", instant=NOON).update(source="hearsay")


CASES: list[tuple[Callable[[], None], set[str]]] = [
    (lambda: said(source_time=ASIDE + SECOND), {"I7"}),
    (lambda: said(source_time=ASIDE - timedelta(minutes=5)), {"I7"}),
    (lambda: said(source_time=None), {"I7"}),
    (lambda: said(source_time=None, value=None, is_valid=False, reason="no_bar"), set()),
    (lambda: said(source_time=ASIDE - timedelta(seconds=299)), set()),
    (heard_too_early, {"I7"}),
    (lambda: said(source="hearsay"), {"I20"}),
    (lambda: said(source="replay:kraken", value=2), set()),
    (of_a_source_nobody_knows, {"I20", "I6"}),
]


@pytest.mark.parametrize(("corrupt", "broken"), CASES)
def test_a_word_about_another_instant_or_of_nobody_is_found(
    corrupt: Callable[[], None], broken: set[str]
) -> None:
    with played.ruin():
        corrupt()
        assert set(played.violated()) == broken


def test_each_row_is_counted() -> None:
    with played.ruin():
        rows = Observation.objects.filter(instant=NOON)
        assert rows.update(fetched_at=F("instant") - SECOND) == 6
        assert played.violated() == {"I7": 6}
