"""F11: an application host whose clock is an hour wrong, while the database's is right."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from config import invariants
from league import gate, history, players
from league import tasks as of_league
from league.clock import DATABASE
from league.models import Player, Round, Season
from league.models.round import Status
from markets.models import Asset
from predictions import submissions
from predictions import tasks as of_predictions
from tests import factories
from tests.chaos import engine, report
from tests.services.servers import Postgres

pytestmark = [pytest.mark.chaos, pytest.mark.services]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AHEAD, BEHIND = HOUR, -HOUR


@pytest.fixture(autouse=True)
def season(postgres: Postgres, django_db_blocker: DjangoDbBlocker) -> Iterator[Season]:
    """Simulated prices of the real present, as a running league has them."""
    logging.disable(logging.CRITICAL)
    now = datetime.now(UTC)
    with (
        django_db_blocker.unblock(),
        engine.database(postgres),
        factories.market(since=now - 100 * HOUR),
    ):
        players.ensure_built_in(now=now)
        league = factories.league()
        Asset.objects.exclude(pk="BTC").update(is_active=False)
        factories.humans(1, now=now)
        yield factories.season(league, starts_at=now - 9 * HOUR, ends_at=now - 8 * HOUR)
    logging.disable(logging.NOTSET)


def a_round(of: Season, *, locks_in: timedelta) -> Round:
    """A scheduled round at a whole minute, `locks_in` from the database's present."""
    present = gate.database_now().replace(second=0, microsecond=0)
    return factories.round_of(of, locks_at=present + locks_in)


def is_wrong_by(shift: timedelta) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + shift, tick=True)


@pytest.mark.parametrize("shift", [AHEAD, BEHIND, timedelta(0)])
def test_rounds_move_by_the_database_clock_whatever_the_hosts_says(
    season: Season, shift: timedelta
) -> None:
    early = a_round(season, locks_in=30 * MINUTE)  # open by now; the host says locked, or not yet
    coming = a_round(season, locks_in=90 * MINUTE)  # opens in half an hour
    due = a_round(season, locks_in=-61 * MINUTE)  # should have locked and settled by now
    with is_wrong_by(shift):
        assert abs(timezone.now() - gate.database_now() - shift) < MINUTE
        for look in (
            of_league.turn_rounds,
            of_league.advance_rounds,
            of_predictions.commit_locked,
            of_predictions.grade_settled,
        ):
            look()
    found = [factories.fresh(round_).status for round_ in (early, coming, due)]
    assert found == [Status.OPEN, Status.SCHEDULED, Status.FINAL]
    report.add("host clock wrong", by_s=int(shift.total_seconds()), rounds=3, early=0, lost=0)
    assert not any(one.violations for one in invariants.look(since=invariants.EVERYTHING))


@pytest.mark.parametrize("shift", [AHEAD, BEHIND])
def test_an_entry_is_in_time_by_the_database_clock(season: Season, shift: timedelta) -> None:
    still, no_longer = a_round(season, locks_in=30 * MINUTE), a_round(season, locks_in=-MINUTE)
    for round_ in (still, no_longer):
        factories.opened(round_)
    player, entry = Player.objects.get(kind="human"), factories.at_return(-30, 0, 30)
    with is_wrong_by(shift):
        history.gather_for([still], now=gate.database_now())
        enter = partial(submissions.enter, player=player, entry=entry, clock=DATABASE)
        accepted = enter(round_id=still.pk).prediction.accepted_at
        with pytest.raises(submissions.RoundNotOpen):
            enter(round_id=no_longer.pk)
    assert abs(accepted - datetime.now(UTC)) < MINUTE


@pytest.mark.parametrize("shift", [AHEAD, BEHIND])
def test_the_command_goes_by_the_database_clock_unless_it_is_told_an_instant(
    season: Season, shift: timedelta
) -> None:
    early, due = a_round(season, locks_in=30 * MINUTE), a_round(season, locks_in=-61 * MINUTE)
    with is_wrong_by(shift):
        call_command("sweep", stdout=StringIO())
        found = [factories.fresh(round_).status for round_ in (early, due)]
        assert found == [Status.OPEN, Status.FINAL]
        call_command("sweep", "--now", early.settles_at.isoformat(), stdout=StringIO())
    assert factories.fresh(early).status == Status.FINAL
