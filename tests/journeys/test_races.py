"""Several processes carry one league: each step is taken once, whoever takes it."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from django.db.models import Sum
from pytest_django import DjangoDbBlocker

from leaderboard import standings
from leaderboard.models import Board, Standing
from league import calendar, rounds, transitions
from league.models import Player, Round, RoundEvent
from league.models.round import Status
from league.transitions import Step
from predictions import commitments, submissions
from predictions.models import Aggregate, Commitment, Prediction, Revision, Score, Tally
from predictions.scoring import aggregation, grading
from tests import disk, factories
from tests.factories import NOON

HOUR = timedelta(hours=1)
FLAT = factories.at_return(-60, 0, 60)
RACERS = 6


@pytest.fixture(autouse=True)
def _disk(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with (
        django_db_blocker.unblock(),
        disk.database(tmp_path),
        factories.market(since=NOON - 120 * HOUR),
    ):
        yield


def many_rounds(count: int) -> list[Round]:
    season = factories.season()
    return [factories.round_of(season, locks_at=NOON + hour * HOUR) for hour in range(count)]


def one_event_per_transition() -> bool:
    events = RoundEvent.objects.values_list("round", "from_status", "to_status")
    versions = sum(Round.objects.values_list("version", flat=True))
    return len(set(events)) == len(events) == versions


def test_one_round_moved_by_many_at_once_moves_once() -> None:
    (round_,) = many_rounds(1)
    opening = Step(Status.OPEN, at=NOON)
    copies = [factories.fresh(round_) for _ in range(RACERS)]
    answers = disk.race(*[partial(transitions.move, copy, opening) for copy in copies])
    assert sorted(map(str, answers)) == ["False"] * (RACERS - 1) + ["True"]
    assert RoundEvent.objects.count() == factories.fresh(round_).version == 1


def test_many_sweeps_at_once_take_each_step_once() -> None:
    now = many_rounds(8)[-1].settles_at
    for instant in (NOON - HOUR, now):
        answers = disk.race(*[partial(rounds.advance, now=instant)] * 3)
        assert all(isinstance(answer, int) for answer in answers), answers
    rounds.advance(now=now)
    assert set(Round.objects.values_list("status", flat=True)) == {"settled"}
    assert RoundEvent.objects.count() == 4 * 8
    assert one_event_per_transition()


def test_schedulers_at_once_make_each_round_once() -> None:
    factories.season(factories.league(symbols=["BTC", "ETH"], horizons=["5m", "1h"]))
    answers = disk.race(*[partial(calendar.schedule, now=NOON)] * RACERS)
    assert all(isinstance(answer, int) for answer in answers), answers
    slots = Round.objects.values_list("season", "asset", "horizon", "opens_at")
    assert len(set(slots)) == len(slots) == max(a for a in answers if isinstance(a, int))


def test_committers_aggregators_and_graders_at_once_write_each_row_once() -> None:
    found = [factories.opened(round_) for round_ in many_rounds(4)]
    factories.history(until=NOON - HOUR)
    people = factories.humans(5)
    for round_ in found:
        for player in people:
            factories.enter(round_, player, FLAT)
    locked = [factories.locked(round_) for round_ in found]
    committed = disk.race(*[partial(commitments.commit, now=NOON)] * 3)
    assert sum(int(str(answer)) for answer in committed) == 4
    priced = [factories.running(round_) for round_ in locked]
    aggregated = disk.race(*[partial(aggregation.aggregate, now=NOON)] * 3)
    assert sum(int(str(answer)) for answer in aggregated) == 4
    for round_ in priced:
        factories.settled(round_, price=Decimal(60_300))
    graded = disk.race(*[partial(grading.grade, now=NOON)] * 3)
    assert sum(int(str(answer)) for answer in graded) == 4
    assert Commitment.objects.count() == 4
    kinds = Aggregate.objects.order_by("round", "kind").values_list("kind", "count")
    assert list(kinds) == 4 * [("all", 5), ("human", 5)]
    assert Score.objects.count() == 4 * 5
    assert one_event_per_transition()
    for tally in Tally.objects.all():
        mine = Score.objects.filter(player=tally.player_id)
        assert tally.rounds == mine.count() == 4
        assert tally.points_milli == mine.aggregate(total=Sum("points_milli"))["total"]
    published = disk.race(*[partial(standings.publish, now=NOON)] * 3)
    assert all(isinstance(answer, int) for answer in published), published
    assert (Board.objects.count(), Standing.objects.count()) == (1, 5)


def test_one_player_entering_many_times_at_once_has_one_prediction() -> None:
    round_ = factories.opened(many_rounds(1)[0])
    factories.history(until=NOON - HOUR)
    ada = factories.human("ada")
    answers = disk.race(*[partial(factories.enter, round_, ada, FLAT)] * RACERS)
    assert all(isinstance(answer, Prediction) for answer in answers), answers
    prediction = Prediction.objects.get()
    assert prediction.revision == RACERS
    kept = Revision.objects.order_by("revision").values_list("revision", flat=True)
    assert list(kept) == list(range(1, RACERS))


def test_what_was_acknowledged_at_the_lock_is_what_is_committed() -> None:
    """People push while the sweep locks: accepted exactly when inside the commitment."""
    found = many_rounds(4)
    factories.history(until=NOON - HOUR)
    people = factories.humans(RACERS)
    for round_ in map(factories.opened, found):
        answers = disk.race(
            *[partial(pushed, round_, player) for player in people], partial(shut, round_)
        )
        acknowledged = {str(answer) for answer in answers} - {"refused"}
        stored = Prediction.objects.filter(round=round_).values_list("player__handle", flat=True)
        assert acknowledged == set(stored), answers
        assert Commitment.objects.get(round=round_).count == len(acknowledged)


def pushed(round_: Round, player: Player) -> str:
    """The handle of a player whose entry was acknowledged."""
    try:
        factories.enter(round_, player, FLAT)
    except submissions.RoundNotOpen:
        return "refused"
    return player.handle


def shut(round_: Round) -> str:
    transitions.move(factories.fresh(round_), Step(Status.LOCKED, at=round_.locks_at))
    commitments.commit(now=round_.locks_at)
    return "refused"
