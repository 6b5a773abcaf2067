"""What was said together: by the database, once, when a locked round has its price."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from league import operations, players
from league.models import Round, Season
from predictions import commitments, entry_forms, queries
from predictions.entry_forms import Entry
from predictions.models import Aggregate, Commitment, Prediction, Score
from predictions.scoring import aggregation, derivation, grading, marking, rules
from predictions.scoring.groups import EVERYBODY, GROUPS, HUMANS
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
D = Decimal
FLAT = factories.at_return(-60, 0, 60)


def open_round(symbol: str = "BTC") -> Round:
    """Rounds of one season, each with the history it needs."""
    season = Season.objects.first() or factories.season(
        factories.league(symbols=["BTC", "ETH"], horizons=["24h"])
    )
    factories.history(until=NOON - HOUR, symbol=symbol)
    made = factories.round_of(season, locks_at=NOON, symbol=symbol, horizon="24h")
    return factories.opened(made)


def priced(round_: Round) -> Round:
    """Locked, committed, and running at 60,000 with a sigma of 250 basis points."""
    locked = factories.locked(round_)
    commitments.commit(now=NOON)
    return factories.running(locked)


def people(count: int, *, of: Round) -> None:
    for number, player in enumerate(factories.humans(count)):
        factories.enter(of, player, factories.at_return(-100 - number, 10 * number, 150 + number))


def machines(*handles: str, of: Round) -> None:
    built_in = players.ensure_built_in(now=NOON)
    for number, handle in enumerate(handles):
        factories.enter(of, built_in[handle], factories.at_return(-50, 4 * number, 50))


def rows() -> dict[str, tuple[int, float, float, float]]:
    found = Aggregate.objects.values_list("kind", "count", "low_bp", "middle_bp", "high_bp")
    return {kind: (count, low, middle, high) for kind, count, low, middle, high in found}


def aggregate(now: Any = NOON) -> int:
    return aggregation.aggregate(now=now)


# -- what is written -----------------------------------------------------------------------------
def test_each_kind_is_the_median_of_its_own_level_by_level() -> None:
    round_ = open_round()
    people(5, of=round_)
    machines("vol-scholar", "rookie-line", "house-walker", of=round_)
    priced(round_)
    assert aggregate() == 1
    assert rows() == {
        "human": (5, -102.0, 20.0, 152.0),
        "ai": (2, -50.0, 2.0, 50.0),
        "all": (7, -101.0, 10.0, 151.0),  # the house competes with nobody
    }


@pytest.mark.parametrize(
    ("humans", "ais", "kinds"),
    [
        (0, (), set()),
        (1, (), set()),
        (2, (), {"all"}),
        (4, ("vol-scholar",), {"all"}),
        (5, ("vol-scholar",), {"all", "human"}),
        (0, ("vol-scholar", "rookie-line"), {"all", "ai"}),
    ],
)
def test_too_few_are_no_aggregate_and_are_not_asked_again(
    humans: int, ais: tuple[str, ...], kinds: set[str]
) -> None:
    round_ = open_round()
    people(humans, of=round_)
    machines(*ais, of=round_)
    priced(round_)
    assert (aggregate(), aggregate()) == (1, 0)
    assert set(rows()) == kinds


def test_what_was_withdrawn_is_not_in_it() -> None:
    round_ = open_round()
    people(6, of=round_)
    Prediction.objects.filter(player__handle="human-6").update(is_withdrawn=True)
    priced(round_)
    aggregate()
    assert rows()["human"] == (5, -102.0, 20.0, 152.0)


@pytest.mark.parametrize("seed", range(3))
def test_the_statement_says_what_the_rule_does(seed: int) -> None:
    """Every form of entry, odd and even counts: to the last bit where both use one library."""
    chance, round_ = random.Random(seed), open_round()

    def number(low: float, high: float) -> D:
        return D(f"{chance.uniform(low, high):.6f}")

    def word() -> Entry:
        ways = (
            lambda: entry_forms.quantiles(*sorted(number(55_000, 66_000) for _ in range(3))),
            lambda: entry_forms.point(number(58_000, 62_000)),
            lambda: entry_forms.point(number(-300, 300), basis="return"),
            lambda: entry_forms.prob_up(number(0.03, 0.97)),
        )
        return chance.choice(ways)()

    for player in factories.humans(7 + seed):
        factories.enter(round_, player, word())
    built_in = players.ensure_built_in(now=NOON)
    for handle in ("vol-scholar", "rookie-line", "gemini-analyst"):
        factories.enter(round_, built_in[handle], word())
    running = priced(round_)
    aggregate()
    derived = [median.row(running) for median in derivation.medians_of(running)]
    assert len(derived) == 3
    for row in derived:
        expected = (row.count, *map(pytest.approx, (row.low_bp, row.middle_bp, row.high_bp)))
        assert rows()[row.kind] == expected


def test_the_crowd_is_scored_by_what_the_humans_said_together() -> None:
    players.ensure_built_in(now=NOON)
    round_ = open_round()
    people(6, of=round_)
    running = priced(round_)
    aggregate()
    settled = factories.settled(running, price=D(61_500))
    assert grading.grade(now=NOON) == 1
    _, *levels = rows()["human"]
    milli = rules.points_milli(
        (levels[0], levels[1], levels[2]), outcome_bp=settled.outcome_bp or 0.0,
        sigma_bp=settled.sigma_bp or 0.0, width=settled.width or 0.0,
    )  # fmt: skip
    assert Score.objects.get(player__handle="crowd").points_milli == milli


# -- when ----------------------------------------------------------------------------------------
def test_it_takes_the_lock_the_commitment_and_the_price() -> None:
    round_ = open_round()
    people(5, of=round_)
    assert aggregate() == 0
    locked = factories.locked(round_)
    assert aggregate() == 0
    commitments.commit(now=NOON)
    assert aggregate() == 0
    running = factories.running(locked)
    Commitment.objects.all().delete()
    assert aggregate() == 0  # not committed: its entries are not fixed yet
    commitments.commit(now=NOON)
    assert aggregate() == 1
    assert factories.fresh(running).status == "running"


def test_a_round_that_is_over_catches_up() -> None:
    players.ensure_built_in(now=NOON)
    round_ = open_round()
    people(5, of=round_)
    factories.settled(priced(round_), price=D(61_500))
    grading.grade(now=NOON)
    assert aggregate() == 1
    assert set(rows()) == {"all", "human"}


def test_a_void_round_is_put_together_if_it_had_a_price() -> None:
    bare, running = factories.locked(open_round()), open_round("ETH")
    people(5, of=running)
    for round_ in (bare, priced(running)):
        operations.void(factories.fresh(round_), reason="Called off.", actor="ada", now=NOON)
    assert (aggregate(), aggregate()) == (2, 0)
    assert set(Aggregate.objects.values_list("round", flat=True)) == {running.pk}


def test_a_second_sweep_with_the_same_round_in_hand_writes_nothing() -> None:
    round_ = open_round()
    people(5, of=round_)
    priced(round_)
    in_hand = list(aggregation.pending())
    assert aggregate() == 1
    before = list(Aggregate.objects.values())
    assert [aggregation._aggregate(one, now=NOON) for one in in_hand] == [False]
    assert list(Aggregate.objects.values()) == before


def test_it_can_be_made_anew_without_a_double() -> None:
    round_ = open_round()
    people(5, of=round_)
    priced(round_)
    aggregate()
    before = rows()
    Aggregate.objects.filter(kind="human").update(high_bp=10_000)
    Aggregate.objects.filter(kind="all").delete()
    Commitment.objects.update(is_aggregated=False)
    assert aggregate() == 1
    assert rows() == before


def test_one_poisoned_round_does_not_keep_the_others_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poisoned, healthy = priced(open_round()), priced(open_round("ETH"))
    sound = marking.medians

    def medians(round_: Round, **groups: Any) -> Any:
        if round_.pk == poisoned.pk:
            raise ZeroDivisionError("a bug nobody thought of")
        return sound(round_, **groups)

    with monkeypatch.context() as patch:
        patch.setattr(marking, "medians", medians)
        assert aggregate() == 1
    assert list(aggregation.pending()) == [poisoned]
    assert factories.fresh(healthy).attempts == 0
    assert aggregate(NOON + HOUR) == 1  # it rests a little after a failure


def test_its_statements_do_not_grow_with_the_round() -> None:
    counts, everybody = [], factories.humans(30)
    for symbol, entries in (("BTC", 5), ("ETH", 30)):
        round_ = open_round(symbol)
        for player in everybody[:entries]:
            factories.enter(round_, player, FLAT)
        priced(round_)
        with CaptureQueriesContext(connection) as seen:
            assert aggregate() == 1
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_one_statement_answers_for_as_many_groups_as_are_asked_for() -> None:
    round_ = open_round()
    people(5, of=round_)
    running = priced(round_)
    with CaptureQueriesContext(connection) as seen:
        whole = marking.medians(running, of=GROUPS)
    assert len(seen) == 1
    assert [median.group for median in whole] == [HUMANS, EVERYBODY]
    assert marking.medians(running, of=(EVERYBODY, HUMANS)) == whole[::-1]


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"low_bp": 1.0}, "aggregate_ascends"),
        ({"high_bp": -1.0}, "aggregate_ascends"),
        ({"kind": "house"}, "aggregate_of_known"),
        ({"count": 1}, "aggregate_of_several"),
    ],
)
def test_the_database_refuses_what_is_no_aggregate(changed: dict[str, Any], rule: str) -> None:
    sound = {"kind": "human", "count": 5, "low_bp": -1.0, "middle_bp": 0.0, "high_bp": 1.0}
    round_ = open_round()
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Aggregate.objects.create(round=round_, **(sound | changed))
    Aggregate.objects.create(round=round_, **sound)
    with pytest.raises(IntegrityError), transaction.atomic():
        Aggregate.objects.create(round=round_, **sound)


# -- who reads it --------------------------------------------------------------------------------
def read(client: Client, round_: Round) -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"/api/v1/rounds/{round_.pk}/predictions").json()
    return body


def test_everybody_reads_it_as_prices_after_the_lock(client: Client) -> None:
    round_ = open_round()
    people(5, of=round_)
    machines("vol-scholar", of=round_)
    assert read(client, round_)["code"] == "entries_sealed"
    locked = factories.locked(round_)
    assert read(client, round_)["aggregates"] == {"human": None, "ai": None, "all": None}
    commitments.commit(now=NOON)
    running = factories.running(locked)
    aggregate()
    body = read(client, running)
    assert len(body["results"]) == 6
    assert body["aggregates"]["ai"] is None
    assert body["aggregates"]["human"] == {
        "count": 5, "p10": "59391.11061493", "p50": "60120.12008004", "p90": "60918.96645194",
    }  # fmt: skip
    paged = client.get(f"/api/v1/rounds/{round_.pk}/predictions?limit=2").json()
    assert len(paged["results"]) == 2
    assert paged["aggregates"] == body["aggregates"]


def test_nobody_reads_it_before() -> None:
    """Not even of a round that was priced too early, against the calendar."""
    round_ = open_round()
    people(5, of=round_)
    running = priced(round_)
    aggregate()
    with pytest.raises(queries.EntriesSealed):
        queries.together(running, now=NOON - timedelta(seconds=1))
    assert queries.together(running, now=timezone.now())["human"] is not None
