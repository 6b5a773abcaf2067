"""One transaction: every score, the tallies, the anchor's wish and the status, or nothing."""

import random
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import F, Sum

from chain import anchors
from chain.models import Anchor
from league import operations, players
from league.models import Player, Round, RoundEvent, Season
from predictions import commitments, entry_forms, settlements, words
from predictions.entry_forms import Entry
from predictions.models import Prediction, Score, Settlement, Tally
from predictions.scoring import derivation, grading, rules
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
D = Decimal
PRICE = D(61_500)
EXAMPLES: dict[str, tuple[Entry, float]] = {
    "house": (entry_forms.point(D(0), basis="return"), 0.0),
    "wide": (entry_forms.quantiles(D(58_900), D(61_200), D(63_000)), 47.7),
    "narrow": (entry_forms.quantiles(D(59_700), D(60_100), D(60_500)), -59.3),
    "point": (entry_forms.point(D(61_200)), 52.8),
    "prob-up": (entry_forms.prob_up(D("0.65")), 23.1),
}


def begun() -> Season:
    league = factories.league(symbols=["BTC", "ETH"], horizons=["1h", "24h"])
    for symbol in ("BTC", "ETH"):
        factories.history(until=NOON - HOUR, symbol=symbol)
    return factories.season(league)


def open_round(*, hour: int = 0, symbol: str = "BTC") -> Round:
    season = Season.objects.first() or begun()
    lock = NOON + hour * HOUR
    return factories.opened(
        factories.round_of(season, locks_at=lock, symbol=symbol, horizon="24h")
    )


def settle(round_: Round, *, price: Decimal = PRICE) -> Round:
    """Locked, committed, and settled under the frame of the worked examples."""
    locked = factories.locked(round_)
    commitments.commit(now=NOON)
    return factories.settled(factories.running(locked), price=price)


def spoil(round_: Round) -> None:
    """Its end is on record already: the last statement of grading breaks."""
    Settlement.objects.create(round=round_, evidence=[], ended_at=NOON, is_wished=True)


def grade(now: datetime = NOON + HOUR) -> int:
    return grading.grade(now=now)


def scores() -> dict[str, int]:
    rows = Score.objects.select_related("player")
    return {row.player.handle: row.points_milli for row in rows}


def test_the_worked_examples_are_scored_to_the_tenth() -> None:
    round_ = open_round()
    for handle, (entry, _) in EXAMPLES.items():
        factories.enter(round_, factories.human(handle), entry)
    settle(round_)
    assert grade() == 1
    shown = {handle: float(round(D(milli) / 1000, 1)) for handle, milli in scores().items()}
    assert shown == {handle: points for handle, (_, points) in EXAMPLES.items()}
    final = factories.fresh(round_)
    assert (final.status, final.finalized_at) == ("final", NOON + HOUR)


def test_scores_carry_the_seq_of_their_leaf() -> None:
    round_ = open_round()
    for player in factories.humans(4):
        factories.enter(round_, player, EXAMPLES["house"][0])
    settle(round_)
    grade()
    by_player = dict(Score.objects.values_list("player", "seq"))
    order = Prediction.objects.order_by("pk").values_list("player", flat=True)
    assert by_player == {player: seq for seq, player in enumerate(order)}


def test_grading_again_adds_nothing() -> None:
    round_ = open_round()
    factories.enter(round_, factories.human("ada"), EXAMPLES["wide"][0])
    settle(round_)
    assert grade() == 1
    before = (list(Score.objects.values()), list(Tally.objects.values()))
    for _ in range(3):
        assert grade() == 0
    assert (list(Score.objects.values()), list(Tally.objects.values())) == before
    assert RoundEvent.objects.filter(round=round_, to_status="final").count() == 1


def test_a_round_is_graded_only_once_it_is_settled_and_committed() -> None:
    round_ = open_round()
    factories.enter(round_, factories.human("ada"), EXAMPLES["wide"][0])
    running = factories.running(factories.locked(round_))
    assert grade() == 0
    factories.settled(running, price=D(61_500))
    assert grade() == 0  # not committed: its entries are not fixed yet
    commitments.commit(now=NOON)
    assert grade() == 1


def test_a_withdrawn_entry_and_a_void_round_score_nothing() -> None:
    kept, gone = open_round(), open_round(symbol="ETH")
    ada, bela = factories.humans(2)
    for round_ in (kept, gone):
        for player in (ada, bela):
            factories.enter(round_, player, EXAMPLES["house"][0])
    Prediction.objects.filter(round=kept, player=bela).update(is_withdrawn=True)
    settle(kept)
    operations.void(settle(gone), reason="Wrong on all sides.", actor="ada", now=NOON)
    assert grade() == 2  # one scored, one closed without scores
    assert list(Score.objects.values_list("round", "player")) == [(kept.pk, ada.pk)]


def test_a_failure_inside_the_transaction_leaves_nothing_behind() -> None:
    """The evidence comes last, after scores, tallies and status were written."""
    round_ = open_round()
    factories.enter(round_, factories.human("ada"), EXAMPLES["wide"][0])
    settled = settle(round_)
    spoil(settled)
    assert grade() == 0
    after = factories.fresh(round_)
    assert (after.status, after.version) == ("settled", settled.version)
    assert (after.finalized_at, after.attempts) == (None, 1)
    assert not Score.objects.exists()
    assert not Tally.objects.exists()
    assert not RoundEvent.objects.filter(to_status="final").exists()
    Settlement.objects.all().delete()
    assert grade() == 0  # it rests a little after a failure
    assert grade(NOON + 2 * HOUR) == 1
    assert Score.objects.count() == Tally.objects.count() == 1


def test_an_end_that_cannot_be_anchored_delays_no_other() -> None:
    disputed, other = settle(open_round()), settle(open_round(symbol="ETH"))
    anchors.request(
        network="local",
        kind="settlement",
        subject=words.round_key(disputed),
        digest=bytes(32),
        payload={},
        now=NOON,
    )
    assert grade() == 2
    told = anchors.of(network="local", kind="settlement", subject=words.round_key(other))
    assert told is not None
    assert [one.round_id for one in settlements.unwished()] == [disputed.pk]
    Anchor.objects.filter(subject=words.round_key(disputed).hex(), kind="settlement").delete()
    assert settlements.wish_finals(now=NOON) == 1


def test_what_is_heard_after_the_grading_is_no_evidence() -> None:
    settled = settle(open_round())
    grade()
    pinned = Settlement.objects.get(round=settled).evidence
    wish = anchors.of(network="local", kind="settlement", subject=words.round_key(settled))
    assert wish is not None
    assert wish.payload["evidence"] == pinned
    assert settlements.wish_finals(now=NOON) == 0


def test_a_poisoned_round_delays_no_other_and_is_left_alone_after_five_failures() -> None:
    poisoned, healthy = open_round(), open_round(symbol="ETH")
    for round_ in (poisoned, healthy):
        settle(round_)
    spoil(poisoned)
    assert grade() == 1
    assert factories.fresh(healthy).status == "final"
    for look in range(2, 9):
        assert grade(NOON + look * HOUR) == 0
    assert factories.fresh(poisoned).attempts == 5


@pytest.mark.parametrize(("people", "has_score"), [(0, False), (4, False), (5, True), (6, True)])
def test_the_crowd_is_scored_from_five_humans_on(people: int, has_score: bool) -> None:
    built_in = players.ensure_built_in(now=NOON)
    round_ = open_round()
    for number, player in enumerate(factories.humans(people)):
        factories.enter(
            round_, player, factories.at_return(-100 - number, 10 * number, 150 + number)
        )
    for handle in ("vol-scholar", "house-walker"):
        factories.enter(round_, built_in[handle], EXAMPLES["house"][0])
    settle(round_)
    grade()
    assert ("crowd" in scores()) is has_score
    if people == 5:
        expected = rules.points_milli(
            (-102.0, 20.0, 152.0), outcome_bp=factories.fresh(round_).outcome_bp or 0,
            sigma_bp=250, width=0.9,
        )  # fmt: skip
        assert scores()["crowd"] == expected
        assert Score.objects.get(player=built_in["crowd"]).seq is None


def test_the_house_scores_exactly_nothing_and_copies_score_the_same() -> None:
    walker = players.ensure_built_in(now=NOON)["house-walker"]
    round_ = open_round()
    factories.enter(round_, walker, EXAMPLES["house"][0])
    for player in factories.humans(3):
        factories.enter(round_, player, EXAMPLES["narrow"][0])
    settle(round_)
    grade()
    assert scores()["house-walker"] == 0
    assert len({milli for handle, milli in scores().items() if handle != "house-walker"}) == 1


def test_tallies_are_the_sums_of_the_scores_in_whatever_order_they_came() -> None:
    dice = random.Random(8)
    people = factories.humans(3)
    rounds = [open_round(hour=hour, symbol=s) for hour in range(4) for s in ("BTC", "ETH")]
    for round_ in rounds:
        for player in dice.sample(people, dice.randint(1, 3)):
            lean = Decimal(dice.randint(-150, 150))
            factories.enter(round_, player, entry_forms.point(lean, basis="return"))
    for round_ in dice.sample(rounds, len(rounds)):
        settle(round_, price=D(60_000 + dice.randint(-900, 900)))
        grade()
    for player in Player.objects.filter(pk__in=Score.objects.values("player")):
        mine = Score.objects.filter(player=player)
        tally = Tally.objects.get(player=player)
        assert (tally.horizon, tally.rounds) == ("24h", mine.count())
        assert tally.points_milli == mine.aggregate(total=Sum("points_milli"))["total"]


@pytest.mark.parametrize("seed", range(3))
def test_the_statement_scores_as_the_rule_does(seed: int) -> None:
    """Every form, to the last milli-point, and the crowd of five or six humans."""
    chance, round_ = random.Random(seed), open_round()

    def number(low: float, high: float) -> D:
        return D(f"{chance.uniform(low, high):.{chance.randint(0, 8)}f}")

    def prices() -> Entry:
        return entry_forms.quantiles(*sorted(number(55_000, 66_000) for _ in range(3)))

    def returns() -> Entry:
        levels = sorted(number(-900, 900) for _ in range(3))
        return entry_forms.quantiles(*levels, basis="return")

    kinds = (
        prices,
        returns,
        lambda: entry_forms.point(number(58_000, 62_000)),
        lambda: entry_forms.point(number(-300, 300), basis="return"),
        lambda: entry_forms.prob_up(number(0.03, 0.97)),
    )
    for count, player in enumerate(factories.humans(5 + seed % 2)):
        factories.enter(round_, player, kinds[count % len(kinds)]())
    players.ensure_built_in(now=NOON)
    settled = settle(round_, price=number(50_000, 70_000))
    expected = [
        (one.player_id, one.seq, one.points_milli) for one in derivation.scores_of(settled)
    ]
    assert len(expected) == 5 + seed % 2 + 1
    grade()
    written = Score.objects.order_by(F("seq").asc(nulls_last=True))
    assert list(written.values_list("player", "seq", "points_milli")) == expected
