"""What Gemini may cost a day: reserved before a call, settled after it, by any number at once."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from predictions.commentary import prompt
from predictions.commentary.base import (
    Comment,
    CommentaryRejected,
    CommentaryUnavailable,
    Facts,
    NoComment,
)
from predictions.commentary.budget import Budget, OverBudget, Tab, Tokens
from predictions.commentary.gemini import Gemini
from predictions.commentary.registry import WithTwin
from predictions.models import Spending
from predictions.usage import Usage
from tests import disk
from tests.predictions import gemini_server
from tests.predictions.gemini_server import Answer, Server, candidate, refusal, said

FACTS = Facts("BTC", "24h", 1_704_070_800, 42_000.0, 12, -150, 310, 260)
DAY = date(2024, 1, 1)
GOOD = Answer(said(0.25))
SENT, RECEIVED = 90, 50  # what the server says of each answer
PRICE = 152  # 90 * 0.3 + 50 * 2.5 micro-dollars
AMPLE = Budget(
    calls=50, tokens=10**6, micro_usd=10**6, price_sent=300_000, price_received=2_500_000
)
BOUND = Tokens(prompt.most_sent(FACTS), prompt.MOST_RECEIVED)
MOST, MOST_PRICE = BOUND.sent + BOUND.received, AMPLE.price(BOUND)
RACERS = 16


fresh = gemini_server.fresh


def adapter(server: Server, budget: Budget = AMPLE, **changes: Any) -> Gemini:
    made = Gemini("key", "gemini-2.5-flash", server.endpoint, timeout_s=2.0, budget=budget)
    return replace(made, **changes)


def about(price: float) -> Facts:
    """Other facts of the same length, so that the bound is the same."""
    return replace(FACTS, price=42_000.0 + price)


def spent() -> tuple[int, int, int]:
    row = Spending.objects.get(day=DAY)
    return row.calls, row.tokens, row.micro_usd


def usage_of(error: NoComment) -> tuple[int | None, int | None, int]:
    return error.usage.tokens_in, error.usage.tokens_out, error.usage.micro_usd


@given(sent=st.integers(0, 10**9), received=st.integers(0, 10**9))
def test_a_price_is_never_below_the_exact_one_nor_a_micro_dollar_above(
    sent: int, received: int
) -> None:
    exact = sent * AMPLE.price_sent + received * AMPLE.price_received
    assert 0 <= AMPLE.price(Tokens(sent, received)) * 10**6 - exact < 10**6


def test_no_token_of_the_prompt_escapes_the_bound() -> None:
    """A token stands for a byte or more: the bound is every byte that is sent, and some."""
    whole = prompt.INSTRUCTION + str(prompt.SCHEMA) + FACTS.as_json()
    assert prompt.most_sent(FACTS) > len(whole.encode())
    assert prompt.CONFIG["max_output_tokens"] == prompt.MOST_RECEIVED


@pytest.mark.django_db
def test_an_answer_is_charged_as_the_vendor_says() -> None:
    with gemini_server.serving(GOOD) as server:
        usage = adapter(server).comment(FACTS).usage
    assert (usage.tokens_in, usage.tokens_out, usage.micro_usd) == (SENT, RECEIVED, PRICE)
    assert 0 < usage.seconds < 30
    assert not usage.is_cached
    assert spent() == (1, SENT + RECEIVED, PRICE)


@pytest.mark.django_db
def test_a_remembered_answer_costs_nothing_more() -> None:
    with gemini_server.serving(GOOD) as server:
        adapter(server).comment(FACTS)
        usage = adapter(server).comment(FACTS).usage
    assert usage == Usage(usage.seconds, is_cached=True)
    assert spent() == (1, SENT + RECEIVED, PRICE)


@pytest.mark.django_db
def test_an_answer_that_is_no_good_is_charged_all_the_same() -> None:
    with gemini_server.serving(Answer(candidate(None, finish="MAX_TOKENS"))) as server:
        with pytest.raises(CommentaryRejected) as caught:
            adapter(server).comment(FACTS)
        comment = WithTwin(adapter(server)).comment(about(1))
    assert usage_of(caught.value) == (SENT, RECEIVED, PRICE)
    assert comment.is_simulated
    assert (comment.usage.tokens_in, comment.usage.micro_usd) == (SENT, PRICE)
    assert spent() == (2, 2 * (SENT + RECEIVED), 2 * PRICE)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("usage", "charged"),
    [
        ({"promptTokenCount": 12, "totalTokenCount": 12}, (12, 0)),
        ({"totalTokenCount": 3}, (3, 0)),
        ({"candidatesTokenCount": 5, "totalTokenCount": 8}, (3, 5)),
        ({"promptTokenCount": 10, "candidatesTokenCount": 9, "totalTokenCount": 11}, (10, 9)),
        ({"promptTokenCount": -4, "candidatesTokenCount": -2, "totalTokenCount": 7}, (7, 0)),
        ({"promptTokenCount": 20, "totalTokenCount": 5}, (20, 0)),
        ({"promptTokenCount": 9, "toolUsePromptTokenCount": 4, "totalTokenCount": 13}, (9, 4)),
        ({}, (BOUND.sent, BOUND.received)),
        ({"totalTokenCount": -5}, (BOUND.sent, BOUND.received)),
    ],
)
def test_counts_of_any_shape_are_charged_without_loss(
    usage: dict[str, int], charged: tuple[int, int]
) -> None:
    body = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage}
    with (
        gemini_server.serving(Answer(body)) as server,
        pytest.raises(CommentaryRejected) as caught,
    ):
        adapter(server).comment(FACTS)
    assert usage_of(caught.value)[:2] == charged
    assert spent() == (1, sum(charged), AMPLE.price(Tokens(*charged)))


@pytest.mark.django_db
@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_an_error_is_a_call_that_costs_no_tokens(status: int) -> None:
    with gemini_server.serving(Answer(refusal(status, "X"), status)) as server:
        with pytest.raises((CommentaryUnavailable, CommentaryRejected)) as caught:
            adapter(server).comment(FACTS)
        assert usage_of(caught.value) == (0, 0, 0)
        assert spent() == (len(server.asked), 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "timeout_s"),
    [(replace(GOOD, after_s=1.0), 0.3), (Answer(b"{"), 2.0), (replace(GOOD, every_s=0.05), 0.3)],
    ids=["silence", "garbage", "trickle"],
)
def test_a_call_whose_price_nobody_told_stays_at_the_most(
    answer: Answer, timeout_s: float
) -> None:
    with gemini_server.serving(answer) as server:
        with pytest.raises((CommentaryUnavailable, CommentaryRejected)) as caught:
            adapter(server, timeout_s=timeout_s).comment(FACTS)
        calls = len(server.asked)
    assert calls >= 1
    assert spent() == (calls, calls * MOST, calls * MOST_PRICE)
    assert usage_of(caught.value)[2] == calls * MOST_PRICE


@pytest.mark.django_db
def test_what_never_left_costs_nothing() -> None:
    """An outage of the line must not eat the day's budget."""
    with gemini_server.serving(GOOD) as server:
        pass
    with pytest.raises(CommentaryUnavailable) as caught:
        adapter(server, timeout_s=0.5).comment(FACTS)
    assert usage_of(caught.value) == (0, 0, 0)
    assert spent()[1:] == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("spare", [-1, 0])
@pytest.mark.parametrize("limit", ["tokens", "micro_usd"])
def test_a_call_is_made_only_if_the_most_it_can_cost_is_left(limit: str, spare: int) -> None:
    """After one answer there is room for another one's bound, or a single unit too little."""
    after = {"tokens": SENT + RECEIVED + MOST, "micro_usd": PRICE + MOST_PRICE}[limit]
    with gemini_server.serving(GOOD) as server:
        tight = adapter(server, replace(AMPLE, **{limit: after + spare}))
        tight.comment(FACTS)
        if spare < 0:
            with pytest.raises(OverBudget) as caught:
                tight.comment(about(1))
            assert caught.value.usage.tokens_in is None
        else:
            tight.comment(about(1))
            with pytest.raises(OverBudget):
                tight.comment(about(2))
        tight.comment(replace(FACTS, as_of=FACTS.as_of + 86_400))
    assert spent() == (2 + spare, (2 + spare) * (SENT + RECEIVED), (2 + spare) * PRICE)


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["calls", "tokens", "micro_usd"])
def test_nothing_is_asked_on_a_budget_of_nothing(limit: str) -> None:
    with gemini_server.serving(GOOD) as server:
        comment = WithTwin(adapter(server, replace(AMPLE, **{limit: 0}))).comment(FACTS)
        assert server.asked == []
    assert comment.is_simulated
    assert (comment.usage.tokens_in, comment.usage.micro_usd) == (None, 0)
    assert spent() == (0, 0, 0)


@pytest.mark.django_db
def test_a_plan_without_charge_needs_no_money() -> None:
    free = replace(AMPLE, micro_usd=0, price_sent=0, price_received=0)
    with gemini_server.serving(GOOD) as server:
        assert adapter(server, free).comment(FACTS).usage.micro_usd == 0
    assert spent() == (1, SENT + RECEIVED, 0)


@pytest.mark.django_db
def test_a_vendor_that_says_it_took_everything_is_believed() -> None:
    most = 2**31 - 1
    greedy = said(0.25) | {"usageMetadata": {"promptTokenCount": most, "totalTokenCount": most}}
    with gemini_server.serving(Answer(greedy)) as server:
        assert adapter(server).comment(FACTS).usage.tokens_in == most
        with pytest.raises(OverBudget):
            adapter(server).comment(about(1))
    assert spent()[:2] == (1, most)


@pytest.mark.django_db
def test_each_attempt_is_reserved_for_itself() -> None:
    busy = Answer(refusal(503, "UNAVAILABLE"), 503)
    with gemini_server.serving(busy, busy, GOOD) as server:
        usage = adapter(server).comment(FACTS).usage
        assert (usage.tokens_in, usage.tokens_out) == (SENT, RECEIVED)
        with pytest.raises(OverBudget):
            adapter(server, replace(AMPLE, calls=3)).comment(about(1))
    assert spent() == (3, SENT + RECEIVED, PRICE)


LIMITS = {"calls": 7, "tokens": 8 * 30 - 1, "micro_usd": 8 * 3_000 - 1}


@pytest.mark.parametrize("name", LIMITS)
def test_many_at_once_reserve_no_more_than_there_is(
    name: str, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    """Each limit in its turn is the one that ends it, seven calls in."""
    bounded = replace(
        AMPLE, price_sent=100_000_000, price_received=100_000_000, **{name: LIMITS[name]}
    )

    def reserve() -> Tab:
        tab = Tab.opened(bounded, as_of=FACTS.as_of)
        tab.reserve(Tokens(10, 20))
        return tab

    with django_db_blocker.unblock(), disk.database(tmp_path):
        found = disk.race(*[reserve] * RACERS)
        assert sum(isinstance(each, Tab) for each in found) == 7
        assert sum(isinstance(each, OverBudget) for each in found) == RACERS - 7
        assert spent() == (7, 7 * 30, 7 * 3_000)


def test_many_who_ask_at_once_stay_within_the_budget(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    """While five bounds are left five may be on their way; what they leave over buys more."""
    tight = replace(AMPLE, micro_usd=5 * MOST_PRICE)
    with (
        django_db_blocker.unblock(),
        disk.database(tmp_path),
        gemini_server.serving(replace(GOOD, after_s=0.05)) as server,
    ):
        made = adapter(server, tight, timeout_s=20.0)

        def ask(number: int) -> Comment:
            return made.comment(about(number))

        found = disk.race(*[lambda n=number: ask(n) for number in range(RACERS)])
        answered = [each for each in found if isinstance(each, Comment)]
        refused = [each for each in found if isinstance(each, OverBudget)]
        assert len(answered) + len(refused) == RACERS
        assert 5 <= len(answered) == len(server.asked)
        assert spent() == (len(answered), len(answered) * 140, len(answered) * PRICE)
        assert spent()[2] <= tight.micro_usd
