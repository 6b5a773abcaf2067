"""Hypothesis plays the league: any stage, in any order, at any time, with anybody interfering."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from pytest_django import DjangoDbBlocker

from config import sweeps
from league import operations
from league.clock import FixedClock
from league.models import Round
from league.models.round import Status
from league.transitions import GRAPH
from markets.providers import simulated
from predictions import submissions
from predictions.models import Prediction, Revision
from tests import factories
from tests.chaos import lifecycle, report
from tests.chaos.lifecycle import END, ENDED, HOUR, World
from tests.factories import NOON
from tests.services.servers import Postgres

pytestmark = [pytest.mark.chaos, pytest.mark.services]
COUNTED: Counter[str] = Counter()
WORLD: list[World] = []
JUMPS = [1, 5, 5, 59, 60, 61, 600, 600, 1799, 3599, 3600, 7200]
REFUSALS = (submissions.RoundNotOpen, submissions.NothingToWithdraw)
REASON = "Because of a drill."
numbers = st.integers(0, 99)


class League(RuleBasedStateMachine):
    """`now` is the sweeps' clock; `latest` how far it ever was."""

    def __init__(self) -> None:
        super().__init__()
        WORLD[0].reset()
        self.now = self.latest = NOON
        self.told: dict[tuple[Any, int], Decimal] = {}
        self.seen: dict[Any, tuple[int, str]] = {}
        COUNTED["examples"] += 1

    @initialize()
    def begin(self) -> None:
        sweeps.run(now=self.now)

    # -- time and sweeps --------------------------------------------------------------------------
    @rule(seconds=st.sampled_from(JUMPS))
    def wait(self, seconds: int) -> None:
        self.now = min(self.now + timedelta(seconds=seconds), END + 9 * HOUR)

    @rule(seconds=st.sampled_from(JUMPS))
    def step_back(self, seconds: int) -> None:
        self.now = max(self.now - timedelta(seconds=seconds), NOON)

    @rule()
    def sweep(self) -> None:
        self._look(*sweeps.STAGES)

    @rule(names=st.lists(st.sampled_from(sorted(sweeps.STAGES)), min_size=1, max_size=6))
    def stages(self, names: list[str]) -> None:
        """Hints lost, doubled and in any order."""
        self._look(*names)

    @rule(seconds=st.sampled_from(JUMPS))
    def sweep_late(self, seconds: int) -> None:
        """A worker that was told the time long ago looks only now."""
        now, self.now = self.now, max(self.now - timedelta(seconds=seconds), NOON)
        self._look(*sweeps.STAGES)
        self.now = now

    def _look(self, *names: str) -> None:
        self.latest = max(self.latest, self.now)
        for name in names:
            sweeps.STAGES[name](now=self.now)

    # -- people -----------------------------------------------------------------------------------
    @rule(who=numbers, which=numbers, middle=st.integers(-20, 20), early=st.sampled_from(JUMPS))
    def enter(self, who: int, which: int, middle: int, early: int) -> None:
        """At the clock of the sweeps, now and then at an earlier one: the gate decides."""
        clock = FixedClock(self.now - timedelta(seconds=early) * (who % 5 == 0))
        entry = factories.at_return(middle - 30, middle, middle + 30)
        round_ = self._round(which)
        try:
            made = submissions.enter(
                round_id=round_.pk, player=self._player(who), entry=entry, clock=clock
            )
        except REFUSALS:
            return
        assert round_.opens_at <= clock.at < round_.locks_at
        self.told[made.prediction.pk, made.prediction.revision] = Decimal(middle)
        COUNTED["words"] += 1

    @rule(who=numbers, which=numbers)
    def withdraw(self, who: int, which: int) -> None:
        try:
            submissions.withdraw(
                round_id=self._round(which).pk,
                player=self._player(who),
                clock=FixedClock(self.now),
            )
        except REFUSALS:
            return
        COUNTED["withdrawn"] += 1

    # -- operators and sources --------------------------------------------------------------------
    @rule(which=numbers, verb=st.sampled_from(["hold", "release", "accept", "void", "revive"]))
    def operate(self, which: int, verb: str) -> None:
        named: dict[str, Any] = {"actor": "ada", "now": self.now, "reason": REASON}
        if verb == "release":
            del named["reason"]
        if verb == "revive":
            named = {}
        try:
            COUNTED["operated"] += getattr(operations, verb)(self._round(which), **named)
        except operations.NotPossible:
            return

    @rule(silent=st.sets(st.sampled_from(simulated.NAMES)), astray=st.booleans())
    def trouble(self, silent: set[str], astray: bool) -> None:
        venues = WORLD[0].venues
        venues.silent = frozenset(silent)
        venues.astray = frozenset(simulated.NAMES[:1]) if astray else frozenset()

    @rule()
    def recover(self) -> None:
        WORLD[0].venues.recover()

    # -- what holds after every step --------------------------------------------------------------
    @invariant()
    def nothing_is_violated(self) -> None:
        COUNTED["steps"] += 1
        assert lifecycle.violations() == Counter()

    @invariant()
    def rounds_move_along_the_graph(self) -> None:
        for pk, version, status in Round.objects.values_list("pk", "version", "status"):
            before, stood = self.seen.get(pk, (0, Status.SCHEDULED))
            assert version >= before
            assert status == stood or version > before
            assert status in GRAPH[stood] or version != before + 1
            self.seen[pk] = (version, status)
        assert len(self.seen) == Round.objects.count(), "a round vanished"

    @invariant()
    def accepted_words_are_still_there(self) -> None:
        standing = Prediction.objects.values_list("pk", "revision", "p50")
        earlier = Revision.objects.values_list("prediction", "revision", "p50")
        kept = {(pk, revision): p50 for pk, revision, p50 in (*earlier, *standing)}
        assert {word: kept.get(word) for word in self.told} == self.told

    @invariant()
    def nothing_is_unsealed_before_its_lock(self) -> None:
        early = Round.objects.filter(locks_at__gt=self.latest)
        assert not early.visible_entries(now=self.latest).exists()

    def teardown(self) -> None:
        WORLD[0].venues.recover()
        lifecycle.drain(since=self.now)
        statuses = set(Round.objects.values_list("status", flat=True))
        assert statuses <= ENDED, statuses
        assert lifecycle.is_drained()
        self.nothing_is_violated()
        self.accepted_words_are_still_there()
        published = lifecycle.table()
        assert lifecycle.republished(now=END) == published
        COUNTED["ended"] += Round.objects.count()

    # -- who and what -----------------------------------------------------------------------------
    def _round(self, number: int) -> Round:
        """Mostly an open one, if there is any."""
        rounds = Round.objects.order_by("locks_at", "asset")
        chosen = list(rounds.filter(status=Status.OPEN)) if number % 4 else []
        chosen = chosen or list(rounds)
        return factories.fresh(chosen[number % len(chosen)])

    def _player(self, number: int) -> Any:
        people = lifecycle.people()
        return people[number % len(people)]


@pytest.fixture
def _world(postgres: Postgres, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), lifecycle.world(postgres) as made:
        WORLD[:] = [made]
        yield


@pytest.mark.usefixtures("_world")
@pytest.mark.timeout(900)
def test_whatever_happens_the_league_holds_and_ends() -> None:
    COUNTED.clear()
    is_long = report.is_long()
    run_state_machine_as_test(
        League,
        settings=settings(
            max_examples=30 if is_long else 6,
            stateful_step_count=40 if is_long else 25,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    report.add("state machine", **COUNTED, violations=0)
    assert COUNTED["words"] > 0
    assert COUNTED["ended"] > 0
