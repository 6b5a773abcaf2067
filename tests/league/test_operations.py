from datetime import timedelta

import pytest

from league import operations
from league.models import Round, RoundEvent
from league.operations import NotPossible, ReasonTooShort
from tests import factories
from tests.factories import NOON, PRICE

pytestmark = pytest.mark.django_db
REASON = "The exchanges disagree."


def stages() -> dict[str, Round]:
    """One round in each status an operator may meet, by status."""
    season = factories.season()
    rounds = [
        factories.round_of(season, locks_at=NOON + timedelta(hours=hour)) for hour in range(7)
    ]
    opened = [factories.opened(round_) for round_ in rounds[1:]]
    locked = [factories.locked(round_) for round_ in opened[1:]]
    running = [factories.running(round_) for round_ in locked[1:]]
    settled = [factories.settled(round_, price=PRICE) for round_ in running[1:]]
    held = locked[0]
    operations.hold(held, reason=REASON, actor="ada", now=NOON)
    return {
        "scheduled": rounds[0], "open": opened[0], "held": factories.fresh(held),
        "running": running[0], "settled": settled[0],
    }  # fmt: skip


def hold(round_: Round, reason: str = REASON) -> bool:
    return operations.hold(round_, reason=reason, actor="ada", now=NOON)


def void(round_: Round, reason: str = REASON) -> bool:
    return operations.void(round_, reason=reason, actor="ada", now=NOON)


def test_a_held_round_says_why_and_who() -> None:
    round_ = stages()["running"]
    assert hold(round_) is True
    held = factories.fresh(round_)
    assert (held.status, held.hold_reason, held.is_operator_held) == ("held", REASON, True)
    event = RoundEvent.objects.filter(round=round_).order_by("version").last()
    assert event is not None
    assert (event.actor, event.reason, event.at) == ("ada", REASON, NOON)


def test_only_rounds_waiting_for_a_price_can_be_held() -> None:
    for status, round_ in stages().items():
        if status in {"running", "held"}:
            continue
        with pytest.raises(NotPossible, match=status):
            hold(round_)


def test_a_round_the_sweep_held_is_taken_over_by_releasing_and_holding_it() -> None:
    round_ = stages()["held"]
    Round.objects.filter(pk=round_.pk).update(is_operator_held=False, retry_at=NOON)
    operations.release(factories.fresh(round_), actor="ada", now=NOON)
    assert hold(factories.fresh(round_), "Looking into it now.") is True
    taken = factories.fresh(round_)
    assert (taken.status, taken.is_operator_held) == ("held", True)
    assert taken.hold_reason == "Looking into it now."


def test_release_goes_back_to_where_it_was() -> None:
    at = stages()
    hold(at["running"])
    for status, back in (("held", "locked"), ("running", "running")):
        round_ = factories.fresh(at[status])
        assert operations.release(round_, actor="bela", now=NOON) is True
        freed = factories.fresh(round_)
        assert (freed.status, freed.is_operator_held, freed.hold_reason) == (back, False, "")
        assert freed.retry_at is None


@pytest.mark.parametrize("status", ["scheduled", "open", "running", "settled"])
def test_only_a_held_round_is_released(status: str) -> None:
    with pytest.raises(NotPossible, match=status):
        operations.release(stages()[status], actor="ada", now=NOON)


@pytest.mark.parametrize("status", ["scheduled", "open", "held", "running", "settled"])
def test_any_unfinished_round_can_be_voided(status: str) -> None:
    round_ = stages()[status]
    assert void(round_) is True
    gone = factories.fresh(round_)
    assert (gone.status, gone.hold_reason) == ("void", REASON)
    with pytest.raises(NotPossible, match="void"):
        void(gone)


@pytest.mark.parametrize("reason", ["", "   ", "too short", "  too short  "])
def test_a_reason_has_ten_characters(reason: str) -> None:
    round_ = stages()["running"]
    before = RoundEvent.objects.count()
    for verb in (hold, void):
        with pytest.raises(ReasonTooShort):
            verb(round_, reason)
    assert factories.fresh(round_).status == "running"
    assert RoundEvent.objects.count() == before


def test_two_operators_at_once_do_it_once() -> None:
    round_ = stages()["running"]
    assert [void(round_), void(round_)] == [True, False]
    assert RoundEvent.objects.filter(round=round_, to_status="void").count() == 1


def test_a_final_round_stays_final() -> None:
    round_ = stages()["settled"]
    Round.objects.filter(pk=round_.pk).update(status="final", finalized_at=NOON)
    with pytest.raises(NotPossible, match="final"):
        void(factories.fresh(round_))


def test_a_round_that_failed_too_often_is_tried_again_once_revived() -> None:
    round_ = stages()["running"]
    Round.objects.filter(pk=round_.pk).update(attempts=5, retry_at=NOON)
    assert [operations.revive(round_), operations.revive(round_)] == [True, False]
    assert (factories.fresh(round_).attempts, factories.fresh(round_).retry_at) == (0, None)
