import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from league import transitions
from league.models import Round, RoundEvent
from league.models.round import Status
from league.transitions import GRAPH, IllegalMove, Step
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
FIELDS: dict[str, dict[str, Any]] = {
    Status.RUNNING: {"reference_price": 1, "sigma_bp": 5.0, "width": 0.9},
    Status.SETTLED: {"settlement_price": 1, "outcome_bp": 0.0},
    Status.FINAL: {"finalized_at": NOON},
}
LEGAL = [(start, to) for start, ends in GRAPH.items() for to in sorted(ends)]
ILLEGAL = [
    pair
    for pair in itertools.product(Status.values, Status.values)
    if pair[1] not in GRAPH[pair[0]]
]


def at_status(status: str) -> Round:
    """A round put there by hand."""
    round_ = factories.round_of(factories.season(), locks_at=NOON)
    fields = {name: value for more in FIELDS.values() for name, value in more.items()}
    fields["finalized_at"] = NOON if status == Status.FINAL else None
    Round.objects.update(status=status, version=4, attempts=3, **fields)
    return factories.fresh(round_)


def test_the_graph_is_the_documented_lifecycle() -> None:
    assert {start: set(ends) for start, ends in GRAPH.items()} == {
        "scheduled": {"open", "void"},
        "open": {"locked", "void"},
        "locked": {"running", "held", "void"},
        "running": {"settled", "held", "void"},
        "held": {"locked", "running", "settled", "void"},
        "settled": {"final", "void"},
        "final": set(),
        "void": set(),
    }


@pytest.mark.parametrize(("start", "to"), LEGAL)
def test_a_legal_move_is_one_update_and_one_event(start: str, to: str) -> None:
    round_ = at_status(start)
    moment = NOON + timedelta(seconds=7)
    fields = {"finalized_at": NOON} if to == Status.FINAL else {}
    assert transitions.move(round_, Step(to, at=moment, reason="why", actor="ada"), **fields)
    moved = factories.fresh(round_)
    assert (moved.status, moved.version, moved.attempts) == (to, 5, 0)
    event = RoundEvent.objects.get()
    assert (event.version, event.from_status, event.to_status) == (5, start, to)
    assert (event.at, event.reason, event.actor) == (moment, "why", "ada")
    assert round_.status == start  # the caller's copy is what it read


@pytest.mark.parametrize(("start", "to"), ILLEGAL)
def test_an_illegal_move_is_refused_and_writes_nothing(start: str, to: str) -> None:
    round_ = at_status(start)
    with pytest.raises(IllegalMove, match=f"{start} -> {to}"):
        transitions.move(round_, Step(to, at=NOON))
    assert factories.fresh(round_).version == 4
    assert not RoundEvent.objects.exists()


def test_whoever_read_the_round_before_another_moved_it_moves_nothing() -> None:
    round_ = factories.round_of(factories.season(), locks_at=NOON)
    first, second = factories.fresh(round_), factories.fresh(round_)
    assert transitions.move(first, Step(Status.OPEN, at=NOON)) is True
    assert transitions.move(second, Step(Status.OPEN, at=NOON)) is False
    assert transitions.move(second, Step(Status.VOID, at=NOON)) is False
    assert factories.fresh(round_).version == RoundEvent.objects.count() == 1


def test_the_same_status_at_a_later_version_is_not_the_round_that_was_read() -> None:
    stale = at_status(Status.HELD)
    assert transitions.move(stale, Step(Status.RUNNING, at=NOON))
    assert transitions.move(factories.fresh(stale), Step(Status.HELD, at=NOON))
    assert transitions.move(stale, Step(Status.VOID, at=NOON)) is False


def test_a_move_the_database_refuses_leaves_no_event() -> None:
    round_ = factories.locked(
        factories.opened(factories.round_of(factories.season(), locks_at=NOON))
    )
    before = RoundEvent.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic():
        transitions.move(round_, Step(Status.RUNNING, at=NOON), reference_price=0)
    assert RoundEvent.objects.count() == before
    assert factories.fresh(round_).status == "locked"


def test_replaying_the_events_gives_the_row() -> None:
    round_ = factories.round_of(factories.season(), locks_at=NOON)
    round_ = factories.running(factories.locked(factories.opened(round_)))
    round_ = factories.settled(round_, price=factories.PRICE)
    events = list(RoundEvent.objects.order_by("version"))
    assert [event.version for event in events] == [1, 2, 3, 4]
    path = [events[0].from_status, *(event.to_status for event in events)]
    assert path == ["scheduled", "open", "locked", "running", "settled"]
    assert [e.from_status for e in events[1:]] == [e.to_status for e in events[:-1]]
    assert path[-1] == round_.status


def test_a_long_reason_is_cut_to_what_the_row_holds() -> None:
    round_ = factories.round_of(factories.season(), locks_at=NOON)
    transitions.move(round_, Step(Status.VOID, at=NOON, reason="x" * 400))
    assert RoundEvent.objects.get().reason == "x" * 300
