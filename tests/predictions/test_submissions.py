"""Accepted exactly when it beat the lock, revised and withdrawn with every word kept."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from league import gate
from league.clock import DATABASE, Clock, FixedClock
from league.models import Player, Round
from predictions import entry_forms, submissions
from predictions.entry_forms import Entry
from predictions.models import Prediction, Revision
from predictions.reach import EntryTooFar
from predictions.submissions import NothingToWithdraw, RoundNotOpen
from predictions.vows import Said
from tests import factories
from tests.factories import NOON, PRICE

pytestmark = pytest.mark.django_db
HOUR, LEAST = timedelta(hours=1), timedelta(microseconds=1)
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


def enter(
    round_: Round, player: Player, entry: Entry = FLAT, clock: Clock = DURING
) -> submissions.Accepted:
    return submissions.enter(round_id=round_.pk, player=player, entry=entry, clock=clock)


def nothing_written() -> bool:
    return not Prediction.objects.exists() and not Revision.objects.exists()


# -- accepted, and exactly when ------------------------------------------------------------------
@pytest.mark.parametrize("at", [NOON - HOUR, NOON - HOUR / 2, NOON - LEAST])
def test_an_entry_is_accepted_while_the_round_is_open(
    round_: Round, ada: Player, at: datetime
) -> None:
    accepted = enter(round_, ada, clock=FixedClock(at))
    stored = Prediction.objects.get()
    assert accepted.is_new
    assert (stored.accepted_at, stored.revision, stored.is_withdrawn) == (at, 1, False)
    assert (stored.p10, stored.p50, stored.p90) == (Decimal(-60), Decimal(0), Decimal(60))
    assert accepted.prediction.pk == stored.pk


@pytest.mark.parametrize("at", [NOON - HOUR - LEAST, NOON, NOON + LEAST, NOON + 9 * HOUR])
def test_before_the_opening_and_from_the_lock_on_it_is_refused(
    round_: Round, ada: Player, at: datetime
) -> None:
    factories.history(until=NOON - 200 * HOUR)  # so that every one of these has a frame
    with pytest.raises(RoundNotOpen):
        enter(round_, ada, clock=FixedClock(at))
    assert nothing_written()


def test_a_round_that_was_locked_takes_nothing_whatever_the_clock_says(
    round_: Round, ada: Player
) -> None:
    factories.locked(round_)
    with pytest.raises(RoundNotOpen):
        enter(round_, ada)
    assert nothing_written()


@pytest.mark.parametrize(("locks_s", "is_accepted"), [(60, True), (-1, False)])
def test_the_database_clock_decides_for_people(
    ada: Player, locks_s: int, is_accepted: bool
) -> None:
    now = gate.database_now().replace(microsecond=0)
    lock = now + timedelta(seconds=locks_s)
    round_ = factories.opened(factories.round_of(factories.season(now=now), locks_at=lock))
    factories.history(until=now)
    if is_accepted:
        stamp = enter(round_, ada, clock=DATABASE).prediction.accepted_at
        assert now <= stamp < lock
        return
    with pytest.raises(RoundNotOpen):
        enter(round_, ada, clock=DATABASE)
    assert nothing_written()


# -- revising and withdrawing --------------------------------------------------------------------
def test_a_revision_replaces_the_word_and_keeps_the_earlier_one(
    round_: Round, ada: Player
) -> None:
    first = enter(round_, ada).prediction
    second = enter(round_, ada, entry_forms.point(PRICE + 10), clock=FixedClock(NOON - LEAST))
    assert not second.is_new
    stored, archived = Prediction.objects.get(), Revision.objects.get()
    assert (stored.pk, stored.revision, stored.form) == (first.pk, 2, "point")
    assert stored.accepted_at == NOON - LEAST
    assert archived.prediction_id == stored.pk
    for name in submissions.WORD:
        assert getattr(archived, name) == getattr(first, name), name
    assert bytes(stored.digest) != bytes(archived.digest)
    assert bytes(stored.salt) != bytes(archived.salt)


def test_every_word_has_a_digest_of_its_own_even_when_repeated(round_: Round, ada: Player) -> None:
    for _ in range(4):
        enter(round_, ada)
    digests = [bytes(row.digest) for row in Revision.objects.all()]
    assert Prediction.objects.get().revision == 4
    assert len({*digests, bytes(Prediction.objects.get().digest)}) == 4
    assert sorted(Revision.objects.values_list("revision", flat=True)) == [1, 2, 3]


def test_a_withdrawal_counts_as_absent_and_forgets_nothing(round_: Round, ada: Player) -> None:
    entered = enter(round_, ada).prediction
    at = NOON - LEAST
    gone = submissions.withdraw(round_id=round_.pk, player=ada, clock=FixedClock(at))
    assert (gone.pk, gone.is_withdrawn, gone.revision) == (entered.pk, True, 2)
    assert gone.accepted_at == at
    assert Revision.objects.get().is_withdrawn is False


def test_entering_again_after_a_withdrawal_stands(round_: Round, ada: Player) -> None:
    enter(round_, ada)
    submissions.withdraw(round_id=round_.pk, player=ada, clock=DURING)
    back = enter(round_, ada, factories.at_return(-10, 5, 20))
    assert not back.is_new
    assert (back.prediction.is_withdrawn, back.prediction.revision) == (False, 3)
    kept = Revision.objects.order_by("revision").values_list("revision", "is_withdrawn")
    assert list(kept) == [(1, False), (2, True)]


def test_there_must_be_something_to_withdraw(round_: Round, ada: Player) -> None:
    with pytest.raises(NothingToWithdraw):
        submissions.withdraw(round_id=round_.pk, player=ada, clock=DURING)
    enter(round_, ada)
    submissions.withdraw(round_id=round_.pk, player=ada, clock=DURING)
    with pytest.raises(NothingToWithdraw):
        submissions.withdraw(round_id=round_.pk, player=ada, clock=DURING)
    assert Prediction.objects.get().revision == 2


def test_a_word_cannot_be_taken_back_from_the_lock_on(round_: Round, ada: Player) -> None:
    enter(round_, ada)
    with pytest.raises(RoundNotOpen):
        submissions.withdraw(round_id=round_.pk, player=ada, clock=FixedClock(NOON))
    assert not Prediction.objects.get().is_withdrawn
    assert not Revision.objects.exists()


def test_players_do_not_touch_each_others_words(round_: Round, ada: Player) -> None:
    bela = factories.human("bela")
    enter(round_, ada)
    enter(round_, bela)
    submissions.withdraw(round_id=round_.pk, player=ada, clock=DURING)
    assert not Prediction.objects.get(player=bela).is_withdrawn


# -- what it stands for --------------------------------------------------------------------------
def test_the_answer_shows_the_prices_it_stands_for(round_: Round, ada: Player) -> None:
    accepted = enter(round_, ada, entry_forms.prob_up(Decimal("0.5")))
    low, middle, high = accepted.quantiles
    assert middle == PRICE
    assert low < PRICE < high
    assert high == pytest.approx(PRICE * (PRICE / low), rel=Decimal("1e-9"))


def test_a_preview_says_the_same_and_writes_nothing(round_: Round, ada: Player) -> None:
    entry = entry_forms.point(PRICE + 25)
    shown = submissions.preview(round_id=round_.pk, player=ada, said=Said(entry), clock=DURING)
    assert nothing_written()
    assert enter(round_, ada, entry).quantiles == shown
    far = entry_forms.point(PRICE * 2)
    with pytest.raises(EntryTooFar):
        submissions.preview(round_id=round_.pk, player=ada, said=Said(far), clock=DURING)
    with pytest.raises(RoundNotOpen):
        submissions.preview(
            round_id=round_.pk, player=ada, said=Said(entry), clock=FixedClock(NOON)
        )


def test_numbers_with_superfluous_zeros_are_stored_to_eight_places(
    round_: Round, ada: Player
) -> None:
    enter(round_, ada, entry_forms.point(Decimal("60000.100000000000")))
    assert str(Prediction.objects.get().p50) == "60000.10000000"
