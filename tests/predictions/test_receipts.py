"""What a player takes away verifies offline, by a program that shares no code with the league."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from chain import anchors, verify
from chain.ledger import exports
from league import history, operations, players, rounds
from league.clock import FixedClock
from league.models import Player, Round
from markets.models import Observation
from markets.modes import PriceMode
from markets.providers import registry, simulated
from predictions import commitments, entry_forms, receipts, submissions
from predictions.entry_forms import Entry
from predictions.models import Prediction, Score
from predictions.receipts import NotCommitted
from predictions.scoring import grading
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LOCK = NOON + HOUR
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _market() -> Iterator[None]:
    with factories.market(since=NOON - 120 * HOUR):
        yield


def sweep(now: Any) -> None:
    rounds.advance(now=now)
    commitments.commit(now=now)
    grading.grade(now=now)
    anchors.pump(now=now)


def played() -> Round:
    """An open round with a word of every form, one of them revised and one withdrawn."""
    players.ensure_built_in(now=NOON)
    round_ = factories.round_of(factories.season(), locks_at=LOCK)
    history.gather(now=NOON)
    sweep(NOON)
    price = factories.price_of(round_, now=NOON)
    words: list[Entry] = [
        entry_forms.quantiles(price - 100, price, price + 120),
        entry_forms.quantiles(Decimal("-31.5"), Decimal("0.25"), Decimal(40), basis="return"),
        entry_forms.point(price + 55),
        entry_forms.point(Decimal("-3.125"), basis="return"),
        entry_forms.prob_up(Decimal("0.61")),
        entry_forms.point(Decimal(0), basis="return"),
    ]
    people = factories.humans(len(words))
    for player, word in zip(people, words, strict=True):
        factories.enter(round_, player, words[0])
        factories.enter(round_, player, word)
    submissions.withdraw(round_id=round_.pk, player=people[-1], clock=FixedClock(NOON + HOUR / 2))
    return round_


def finished(round_: Round) -> Round:
    for now in (LOCK, LOCK + HOUR):
        sweep(now)
    return factories.fresh(round_)


def word_of(player: int) -> Prediction:
    return Prediction.objects.get(player=Player.objects.get(handle=f"human-{player}"))


def published(document: Json) -> Json:
    """As somebody outside would have it: through JSON text."""
    found: Json = json.loads(json.dumps(document))
    return found


def ledger() -> Json:
    return published(json.loads("".join(exports.pieces())))


def test_before_the_lock_there_is_no_receipt() -> None:
    round_ = played()
    with pytest.raises(NotCommitted, match="after its lock"):
        receipts.of(word_of(1))
    with pytest.raises(NotCommitted):
        receipts.of_round(round_.pk, now=NOON)


def test_no_commitment_opens_a_round_before_its_lock() -> None:
    round_ = played()
    sweep(LOCK)
    with pytest.raises(NotCommitted, match="after its lock"):
        receipts.of_round(round_.pk, now=LOCK - timedelta(seconds=1))


def test_every_word_of_a_final_round_has_a_receipt_that_verifies() -> None:
    assert finished(played()).status == "final"
    for player in range(1, 6):
        receipt = published(receipts.of(word_of(player)))
        steps = verify.check(receipt, ledger())
        assert verify.verdict(steps) == verify.VERIFIED, steps
        score = Score.objects.get(player__handle=f"human-{player}")
        assert (receipt["seq"], receipt["result"]["points_milli"]) == (
            score.seq, score.points_milli,
        )  # fmt: skip


def test_a_locked_rounds_receipt_verifies_before_there_is_a_result() -> None:
    played()
    sweep(LOCK)
    receipt = published(receipts.of(word_of(3)))
    assert receipt["result"] is None
    assert verify.verdict(verify.check(receipt, ledger())) == verify.VERIFIED


def test_the_whole_round_verifies_and_lists_every_standing_word() -> None:
    round_ = finished(played())
    document = published(receipts.of_round(round_.pk, now=LOCK))
    assert [one["seq"] for one in document["predictions"]] == [0, 1, 2, 3, 4]
    assert verify.verdict(verify.check(document, ledger())) == verify.VERIFIED


def test_a_withdrawn_word_has_no_receipt() -> None:
    finished(played())
    with pytest.raises(NotCommitted, match="withdrawn"):
        receipts.of(word_of(6))


def tampered(receipt: Json, *path: str, value: Any) -> Json:
    found = deepcopy(receipt)
    place = found
    for name in path[:-1]:
        place = place[name]
    assert place[path[-1]] != value
    place[path[-1]] = value
    return found


def test_nothing_in_a_receipt_can_be_changed() -> None:
    finished(played())
    receipt = published(receipts.of(word_of(1)))
    changes: list[Json] = [
        tampered(receipt, "prediction", "p90", value="99999.00000000"),
        tampered(receipt, "prediction", "player", value="human-2"),
        tampered(receipt, "prediction", "revision", value=1),
        tampered(receipt, "round", "locks_at", value="2025-01-15T13:00:01Z"),
        tampered(receipt, "round", "asset", value="ETH"),
        tampered(receipt, "result", "price", value="1.00000000"),
        tampered(receipt, "result", "points_milli", value=999_999),
        tampered(receipt, "seq", value=1),
    ]
    for changed in changes:
        assert verify.verdict(verify.check(changed)) == verify.REFUSED


def test_a_receipt_stays_the_same_whatever_is_recorded_later() -> None:
    finished(played())
    before = published(receipts.of(word_of(1)))
    Observation.objects.create(
        asset_id="BTC", source="sim-late", instant=LOCK, value=Decimal(1), source_time=LOCK,
        fetched_at=LOCK + 9 * HOUR, is_valid=True, digest="0" * 64,
    )  # fmt: skip
    late = simulated.Simulated("sim-late", factories.SEED)
    with registry.installed(PriceMode.SIMULATED, [late]):
        sweep(LOCK + 9 * HOUR)
        assert published(receipts.of(word_of(1))) == before


def test_a_void_rounds_words_are_still_proven() -> None:
    round_ = played()
    sweep(LOCK)
    operations.void(
        factories.fresh(round_), reason="Sources disagree.", actor="ada", now=LOCK + HOUR
    )
    sweep(LOCK + HOUR)
    document = published(receipts.of(word_of(2)))
    result = document["result"]
    assert (result["status"], result["points_milli"], result["proof"]) == ("void", None, [])
    assert result["anchor"] is not None
    assert verify.verdict(verify.check(document, ledger())) == verify.VERIFIED
    assert not Score.objects.exists()
    sweep(LOCK + 2 * HOUR)
    assert published(receipts.of(word_of(2))) == document
