"""What an AI player's entry took is written with it, for it alone, and is never nonsense."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from league import frames, players
from league.clock import FixedClock
from league.models import Player, Round
from predictions import house_picks, submissions
from predictions.forecasters import base, stopwatch
from predictions.forecasters.base import Forecast, Inputs
from predictions.models import Cost, Prediction, Spending
from predictions.usage import Usage
from predictions.words import Note
from tests import factories
from tests.factories import NOON
from tests.predictions import synthetic

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
FLAT = factories.at_return(-60, 0, 60)
DURING = FixedClock(NOON - HOUR / 2)
PAID = Usage(1.5, tokens_in=90, tokens_out=50, micro_usd=152)


@pytest.fixture
def round_(db: None) -> Round:
    """Open from 11:00, locking at noon."""
    made = factories.opened(factories.round_of(factories.season(), locks_at=NOON))
    factories.history(until=NOON - HOUR)
    return made


@pytest.fixture
def analyst() -> Player:
    return players.ensure_built_in(now=NOON)["gemini-analyst"]


def enter(round_: Round, player: Player, usage: Usage | None) -> submissions.Accepted:
    as_of = NOON - HOUR
    note = Note(
        "Because.",
        as_of,
        is_simulated=False,
        payload=house_picks.shown(reasoning="Because.", as_of=as_of, is_simulated=False),
        frame=frames.provisional(round_, now=DURING.at),
        usage=usage,
    )
    return submissions.enter(
        round_id=round_.pk, player=player, entry=FLAT, clock=DURING, note=note
    )


def test_a_word_and_its_cost_are_written_together(round_: Round, analyst: Player) -> None:
    prediction = enter(round_, analyst, PAID).prediction
    cost = Cost.objects.get(prediction=prediction)
    assert (cost.seconds, cost.tokens_in, cost.tokens_out) == (1.5, 90, 50)
    assert (cost.micro_usd, str(cost.usd), cost.is_cached) == (152, "0.000152", False)
    assert str(cost) == "1.500 s, 90+50, 0.000152 USD"


def test_a_new_word_brings_its_own_cost(round_: Round, analyst: Player) -> None:
    enter(round_, analyst, PAID)
    prediction = enter(round_, analyst, Usage(0.25, is_cached=True)).prediction
    assert prediction.revision == 2
    cost = Cost.objects.get()
    assert (cost.seconds, cost.tokens_in, cost.micro_usd, cost.is_cached) == (0.25, None, 0, True)
    assert str(cost) == "0.250 s, no model, 0.000000 USD"


def test_neither_is_written_without_the_other(round_: Round, analyst: Player) -> None:
    with pytest.raises(submissions.Collision):
        enter(round_, analyst, Usage(-1.0))
    assert not Prediction.objects.exists()
    assert not Cost.objects.exists()


def test_an_entry_of_a_person_asks_nothing_about_costs(round_: Round) -> None:
    ada = factories.human("ada")
    with CaptureQueriesContext(connection) as asked:
        submissions.enter(round_id=round_.pk, player=ada, entry=FLAT, clock=DURING)
    assert asked.captured_queries
    assert not [one for one in asked.captured_queries if "predictions_cost" in one["sql"]]
    assert not Cost.objects.exists()


@pytest.mark.parametrize(
    "columns",
    [
        {"seconds": -0.1},
        {"seconds": float("inf")},
        {"seconds": 1e9},
        {"tokens_in": 5},
        {"tokens_out": 5},
        {"tokens_in": -1, "tokens_out": 5},
        {"micro_usd": 1},
        {"micro_usd": -1, "tokens_in": 1, "tokens_out": 1},
        {"is_cached": True, "tokens_in": 1, "tokens_out": 1},
        {"is_cached": True, "micro_usd": 1},
    ],
)
def test_the_database_refuses_nonsense(
    round_: Round, analyst: Player, columns: dict[str, Any]
) -> None:
    prediction = enter(round_, analyst, None).prediction
    with pytest.raises(IntegrityError), transaction.atomic():
        Cost.objects.create(prediction=prediction, **({"seconds": 1.0} | columns))


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["calls", "tokens", "micro_usd"])
def test_nothing_is_spent_backwards(column: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Spending.objects.create(day=NOON.date(), **{column: -1})


def test_every_built_in_ai_player_has_its_cost_and_nobody_else(round_: Round) -> None:
    built_in = players.ensure_built_in(now=NOON)
    house_picks.enter(now=NOON - HOUR / 2)
    costs = {cost.prediction.player.handle: cost for cost in Cost.objects.all()}
    assert set(costs) == {handle for handle, player in built_in.items() if player.kind == "ai"}
    assert all(0 < cost.seconds < 60 for cost in costs.values())
    assert {cost.tokens_in for cost in costs.values()} == {None}
    house_picks.enter(now=NOON - SECOND)
    assert Cost.objects.count() == len(costs)
    assert set(Cost.objects.values_list("prediction__revision", flat=True)) == {2}


class Slow:
    """Takes its time for a batch, and for some forecasts more."""

    handle = "slow"

    def __init__(self, *, together_s: float, own_s: Sequence[float]) -> None:
        self.together_s, self.own_s = together_s, own_s

    def forecast(self, batch: Sequence[Inputs]) -> list[Forecast]:
        time.sleep(self.together_s)
        return [
            Forecast(base.house(), "Slowly.", usage=Usage(own, tokens_in=1, tokens_out=2))
            for own in self.own_s
        ]


def test_what_was_done_together_is_shared_and_what_was_not_is_not() -> None:
    batch = [synthetic.inputs(synthetic.closes(count=100))] * 3
    even = stopwatch.timed(Slow(together_s=0.06, own_s=[0, 0, 0]), batch)
    assert len({forecast.usage.seconds for forecast in even}) == 1
    assert even[0].usage.seconds >= 0.02
    uneven = stopwatch.timed(Slow(together_s=0.06, own_s=[0, 0.02, 0.04]), batch)
    first, second, third = (forecast.usage.seconds for forecast in uneven)
    assert (second - first, third - first) == pytest.approx((0.02, 0.04))
    beyond = stopwatch.timed(Slow(together_s=0, own_s=[5, 5, 5]), batch)
    assert {forecast.usage for forecast in beyond} == {Usage(5, tokens_in=1, tokens_out=2)}
