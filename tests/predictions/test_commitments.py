from datetime import datetime, timedelta

import pytest

from chain import anchors, merkle
from chain.models import Anchor
from league import operations
from league.clock import FixedClock
from league.models import Round
from predictions import commitments, leaves, submissions, words
from predictions.models import Commitment, Prediction
from tests import factories
from tests.factories import NOON, PRICE

pytestmark = pytest.mark.django_db
FLAT = factories.at_return(-60, 0, 60)


def open_round(symbol: str = "BTC") -> Round:
    """Rounds of one season, each with the history it needs."""
    season = Round.objects.first()
    of = season.season if season else factories.season(factories.league(symbols=["BTC", "ETH"]))
    factories.history(until=NOON - timedelta(hours=1), symbol=symbol)
    return factories.opened(factories.round_of(of, locks_at=NOON, symbol=symbol))


def commit(now: datetime = NOON) -> int:
    return commitments.commit(now=now)


def test_an_open_round_is_not_committed() -> None:
    factories.enter(open_round(), factories.human("ada"), FLAT)
    assert commit() == 0
    assert not Anchor.objects.exists()


def test_a_locked_rounds_words_are_under_one_root_and_wished_for() -> None:
    round_ = open_round()
    for player in factories.humans(5):
        factories.enter(round_, player, FLAT)
    factories.locked(round_)
    assert commit() == 1
    made, wish = Commitment.objects.get(), Anchor.objects.get()
    digests = leaves.digests_of(factories.fresh(round_))
    assert made.root == merkle.root(leaves.leaves_of(round_, digests)).hex()
    assert (made.count, made.committed_at, made.round_id) == (5, NOON, round_.pk)
    assert (wish.kind, wish.digest, wish.count) == ("commitment", made.root, 5)
    assert wish.subject == made.round_key == words.round_key(round_).hex()


def test_a_round_without_words_is_committed_as_empty() -> None:
    factories.locked(open_round())
    assert commit() == 1
    made = Commitment.objects.get()
    assert (made.count, made.root) == (0, merkle.root([]).hex())


def test_committing_again_writes_nothing() -> None:
    round_ = factories.locked(open_round())
    commit()
    before = Commitment.objects.values().get()
    for status in (factories.running, lambda r: factories.settled(r, price=PRICE)):
        assert commit() == 0
        round_ = status(round_)
    assert Commitment.objects.values().get() == before
    assert Anchor.objects.count() == 1


def test_a_withdrawn_word_is_not_in_it_and_a_reentered_one_is() -> None:
    round_ = open_round()
    ada, bela, chidi = factories.humans(3)
    for player in (ada, bela, chidi):
        factories.enter(round_, player, FLAT)
    for player in (ada, bela):
        clock = FixedClock(NOON - timedelta(seconds=1))
        submissions.withdraw(round_id=round_.pk, player=player, clock=clock)
    factories.enter(round_, bela, FLAT)
    factories.locked(round_)
    commit()
    assert Commitment.objects.get().count == 2
    assert {entry.player.handle for entry in leaves.entries_of(round_)} == {"human-2", "human-3"}


def test_any_word_changed_afterwards_would_show() -> None:
    round_ = open_round()
    for player in factories.humans(3):
        factories.enter(round_, player, FLAT)
    round_ = factories.locked(round_)
    commit()
    victim = Prediction.objects.order_by("pk")[1]
    Prediction.objects.filter(pk=victim.pk).update(digest=bytes(32))
    changed = merkle.root(leaves.leaves_of(round_, leaves.digests_of(round_)))
    assert changed.hex() != Commitment.objects.get().root


def test_the_same_words_in_another_round_have_another_root() -> None:
    rounds = [factories.locked(open_round(symbol)) for symbol in ("BTC", "ETH")]
    assert commit() == 2
    keys = set(Commitment.objects.values_list("round_key", flat=True))
    assert keys == {words.round_key(round_).hex() for round_ in rounds}
    assert len(keys) == 2


def test_a_held_round_is_committed_while_it_waits() -> None:
    round_ = factories.locked(open_round())
    operations.hold(round_, reason="Sources disagree.", actor="ada", now=NOON)
    assert commit() == 1


@pytest.mark.parametrize("is_locked", [True, False])
def test_a_void_round_is_committed_if_it_had_locked(is_locked: bool) -> None:
    """Its words were sealed in; a round called off while open had nothing locked in."""
    round_ = open_round()
    factories.enter(round_, factories.human("ada"), FLAT)
    if is_locked:
        factories.locked(round_)
    operations.void(factories.fresh(round_), reason="Sources disagree.", actor="ada", now=NOON)
    assert commit() == is_locked
    assert commit() == 0


def test_one_poisoned_round_does_not_keep_the_others_from_being_committed() -> None:
    poisoned, healthy = open_round("BTC"), open_round("ETH")
    for round_ in (poisoned, healthy):
        factories.locked(round_)
    key = words.round_key(poisoned)
    anchors.request(
        network="local",
        kind="commitment",
        subject=key,
        digest=bytes(32),
        payload={"count": 9},
        now=NOON,
    )
    for look in range(1, 8):
        commit(NOON + look * timedelta(hours=1))
        assert list(Commitment.objects.values_list("round", flat=True)) == [healthy.pk]
        assert factories.fresh(poisoned).attempts == min(look, 5)
