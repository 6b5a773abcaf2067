"""What is refused is refused under a name, and nothing at all is written then."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from league.clock import FixedClock
from league.frames import NoFrame
from league.identifiers import uuid7
from league.models import Player, Round
from predictions import entry_forms, submissions
from predictions.entry_forms import Entry
from predictions.models import Prediction, Revision
from predictions.reach import EntryTooFar
from predictions.submissions import PlayerSuspended, RoundNotFound
from predictions.vows import Said
from tests import factories
from tests.factories import NOON, PRICE

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DURING = FixedClock(NOON - HOUR / 2)
FLAT = factories.at_return(-60, 0, 60)


@pytest.fixture
def round_() -> Round:
    """Open from 11:00, locking at noon; sigma is 50 bp, so 300 bp are as far as one may go."""
    made = factories.opened(factories.round_of(factories.season(), locks_at=NOON))
    factories.history(until=NOON - HOUR)
    return made


@pytest.fixture
def ada() -> Player:
    return factories.human("ada")


def enter(round_: Round, player: Player, entry: Entry = FLAT) -> submissions.Accepted:
    return submissions.enter(round_id=round_.pk, player=player, entry=entry, clock=DURING)


def nothing_written() -> bool:
    return not Prediction.objects.exists() and not Revision.objects.exists()


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (factories.at_return(-300.1, 0, 1), "p10"),
        (factories.at_return(0, 1, 300.1), "p90"),
        (factories.at_return(-299, 300.1, 301), "p50"),
        (entry_forms.quantiles(*[PRICE * Decimal("1.0305")] * 3), "p10"),
        (entry_forms.quantiles(Decimal("0.00000001"), PRICE, PRICE), "p10"),
        (entry_forms.point(PRICE * 2), "point"),
        (entry_forms.point(Decimal(299), basis="return"), "point"),
    ],
)
def test_farther_than_six_sigmas_is_refused_naming_the_field(
    round_: Round, ada: Player, entry: Entry, field: str
) -> None:
    with pytest.raises(EntryTooFar, match="the limit is 300") as error:
        enter(round_, ada, entry)
    assert (error.value.field, error.value.code) == (field, "too_far")
    assert nothing_written()


def test_up_to_six_sigmas_is_accepted_as_it_is(round_: Round, ada: Player) -> None:
    enter(round_, ada, factories.at_return(-299.9999, 0, 299.9999))
    assert Prediction.objects.get().p90 == Decimal("299.9999")


def test_a_refused_revision_leaves_the_standing_word(round_: Round, ada: Player) -> None:
    before = enter(round_, ada).prediction
    with pytest.raises(EntryTooFar):
        enter(round_, ada, entry_forms.point(PRICE * 2))
    assert Prediction.objects.values().get(pk=before.pk)["revision"] == 1
    assert not Revision.objects.exists()


def test_a_suspended_player_enters_nothing(round_: Round, ada: Player) -> None:
    Player.objects.update(is_active=False)
    ada.refresh_from_db()
    with pytest.raises(PlayerSuspended):
        enter(round_, ada)
    assert nothing_written()


def test_an_unknown_round_is_not_found(ada: Player) -> None:
    calls: list[Any] = [
        lambda: submissions.enter(round_id=uuid7(), player=ada, entry=FLAT, clock=DURING),
        lambda: submissions.preview(round_id=uuid7(), player=ada, said=Said(FLAT), clock=DURING),
        lambda: submissions.withdraw(round_id=uuid7(), player=ada, clock=DURING),
    ]
    for call in calls:
        with pytest.raises(RoundNotFound):
            call()


def test_without_enough_history_one_is_asked_to_try_again(ada: Player) -> None:
    round_ = factories.opened(factories.round_of(factories.season(), locks_at=NOON))
    with pytest.raises(NoFrame):
        enter(round_, ada)
    assert nothing_written()
