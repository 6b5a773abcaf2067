from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from league import invariants
from league.models import Answer, Round, RoundEvent, Season
from markets.models import Observation
from tests import played
from tests.factories import NOON
from tests.played import PRESENT

pytestmark = pytest.mark.usefixtures("_played_season")
SECOND = timedelta(seconds=1)


def rounds(status: str) -> Any:
    first = Round.objects.filter(status=status).order_by("locks_at", "pk").first()
    assert first is not None
    return Round.objects.filter(pk=first.pk)


def events(to_status: str) -> Any:
    return RoundEvent.objects.filter(round=rounds("final").get(), to_status=to_status)


def told_twice() -> None:
    last = RoundEvent.objects.get(round=rounds("final").get(), version=5)
    last.pk, last.version = None, 6
    last.save(force_insert=True)


def one_source_dropped_a_cent() -> None:
    """Every source, so that the median moves whichever it was."""
    Observation.objects.filter(instant=NOON, asset="BTC").update(
        value=F("value") - Decimal("0.01")
    )


def no_source_left() -> None:
    Observation.objects.filter(instant=PRESENT, asset="BTC").delete()


def played_by_other_rules() -> None:
    season = Season.objects.get()
    season.rules["settle_deadline_s"] += 1
    season.save()


CASES: list[tuple[Callable[[], object], set[str]]] = [
    (lambda: Answer.objects.update(status=None, body=""), {"I3"}),
    (lambda: events("locked").delete(), {"I5"}),
    (lambda: RoundEvent.objects.filter(round=rounds("final").get()).delete(), {"I5"}),
    (lambda: events("open").update(to_status="void"), {"I5"}),
    (lambda: events("open").update(from_status="locked"), {"I5"}),
    (lambda: events("open").update(version=9), {"I5"}),
    (told_twice, {"I5"}),
    (lambda: rounds("final").update(version=F("version") + 1), {"I5"}),
    (lambda: rounds("running").update(status="held"), {"I5"}),
    (lambda: rounds("running").update(reference_price=F("reference_price") + 1), {"I6"}),
    (one_source_dropped_a_cent, {"I6"}),
    (no_source_left, {"I6"}),
    (lambda: rounds("final").update(settlement_price=F("settlement_price") + 1), {"I6", "I18"}),
    (lambda: rounds("final").update(outcome_bp=-F("outcome_bp")), {"I6", "I8"}),
    (lambda: events("open").update(at=F("at") - timedelta(days=1)), {"I7"}),
    (lambda: events("locked").update(at=F("at") - SECOND), {"I7"}),
    (lambda: events("running").update(at=F("at") - SECOND), {"I7"}),
    (lambda: events("settled").update(at=F("at") - SECOND), {"I7"}),
    (lambda: events("final").update(at=F("at") + timedelta(days=1)), set()),
    (played_by_other_rules, {"I20"}),
    (lambda: Season.objects.update(price_mode="live"), {"I6", "I20"}),
]


@pytest.mark.parametrize(("corrupt", "broken"), CASES)
def test_a_round_that_was_tampered_with_is_found(
    corrupt: Callable[[], object], broken: set[str]
) -> None:
    with played.ruin(unchecked=True):
        corrupt()
        assert set(played.violated()) == broken


def test_rounds_that_settle_before_are_left_out() -> None:
    with played.ruin():
        events("locked").delete()
        settles_at = rounds("final").get().settles_at
        assert invariants.histories_that_do_not_replay(settles_at) == 1
        assert invariants.histories_that_do_not_replay(settles_at + SECOND) == 0


def test_a_step_late_by_a_day_is_no_violation_but_waits() -> None:
    later = PRESENT + timedelta(days=1)
    assert {name: of(later) for name, of in invariants.WAITING.items()} == {
        "lock": (2, PRESENT + timedelta(hours=1)),
        "reference_price": (0, None),
        "settlement_price": (1, PRESENT + timedelta(hours=1)),
        "quarantine": (0, None),
    }


def test_a_held_round_still_waits_for_its_price() -> None:
    unpriced = {"reference_price": None, "sigma_bp": None, "width": None}
    with played.ruin():
        rounds("running").update(status="held", **unpriced)
        assert invariants.references(PRESENT) == (1, PRESENT)


def test_a_round_that_failed_five_times_waits_for_a_person() -> None:
    with played.ruin():
        rounds("running").update(attempts=5)
        rounds("final").update(attempts=5)
        assert invariants.quarantined(PRESENT) == (1, PRESENT)
