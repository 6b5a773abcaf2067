import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.commentary import base, breaker, refusals, replies
from predictions.commentary.base import CommentaryRejected, Facts
from predictions.commentary.refusals import Busy, Exhausted, Forbidden
from predictions.commentary.template import Template
from tests.predictions import synthetic
from tests.predictions.synthetic import Closes

RETRY = "type.googleapis.com/google.rpc.RetryInfo"
FACTS = Facts("ETH", "1h", 1_704_070_800, 2_345.67, -3, 120, None, 60)


def test_facts_are_the_rounded_numbers_of_the_newest_hour() -> None:
    series = synthetic.closes(count=300)
    facts = base.observe(series, symbol="SOL", horizon="24h")
    logs = 1e4 * np.log(series.close)
    assert facts.as_of == series.opened_at[-1] + 3600
    assert facts.price == pytest.approx(series.close[-1], rel=1e-5)
    assert facts.change_1h_bp == round(logs[-1] - logs[-2])
    assert facts.change_24h_bp == round(logs[-1] - logs[-25])
    assert facts.change_7d_bp == round(logs[-1] - logs[-169])
    assert facts.daily_vol_bp == round(np.sqrt((np.diff(logs[-25:]) ** 2).sum()))


@pytest.mark.parametrize(("count", "known"), [(1, 0), (2, 1), (25, 3), (168, 3), (169, 4)])
def test_what_history_does_not_reach_is_left_out(count: int, known: int) -> None:
    facts = base.observe(synthetic.closes(count=count), symbol="SOL", horizon="24h")
    changes = (facts.change_1h_bp, facts.change_24h_bp, facts.change_7d_bp, facts.daily_vol_bp)
    assert sum(value is not None for value in changes) == known
    assert Template("why").comment(facts).reasoning


def test_a_change_is_not_measured_from_a_missing_bar() -> None:
    series = synthetic.closes(count=300)
    keep = np.ones(300, dtype=bool)
    keep[-25] = False
    facts = base.observe(
        Closes(series.opened_at[keep], series.close[keep]), symbol="SOL", horizon="24h"
    )
    assert facts.change_24h_bp is None
    assert facts.change_1h_bp is not None


def test_the_digest_is_of_the_facts_and_nothing_else() -> None:
    assert FACTS.digest() == replace(FACTS).digest()
    assert FACTS.digest() != replace(FACTS, price=2_345.68).digest()


def test_the_template_is_specific_and_always_the_same() -> None:
    comment = Template("no Gemini key is configured").comment(FACTS)
    assert comment == Template("no Gemini key is configured").comment(FACTS)
    assert (comment.sentiment, comment.is_simulated) == (0.0, True)
    for piece in (
        "ETH",
        "2,345.67",
        "2024-01-01 01:00",
        "-3 bp",
        "+120 bp",
        "60 bp",
        "1h",
        "no Gem",
    ):
        assert piece in comment.reasoning
    assert (
        comment.reasoning
        != Template("no Gemini key is configured")
        .comment(replace(FACTS, change_24h_bp=-5))
        .reasoning
    )


@pytest.mark.parametrize("price", [0.12345, 2.0, 61_234.5])
def test_prices_are_written_out(price: float) -> None:
    assert f" {price:,.10g}:" in Template("why").comment(replace(FACTS, price=price)).reasoning


@given(st.text())
def test_no_reply_gets_past_the_reader(text: str) -> None:
    try:
        sentiment, reasoning = replies.read(text)
    except CommentaryRejected:
        return
    assert -1 <= sentiment <= 1
    assert reasoning.isprintable()


@given(
    st.dictionaries(
        st.sampled_from(["sentiment", "reasoning", "note"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
    )
)
def test_any_object_is_read_or_rejected(reply: dict[str, object]) -> None:
    try:
        sentiment, reasoning = replies.read(json.dumps(reply))
    except CommentaryRejected:
        return
    assert -1 <= sentiment <= 1
    assert 0 < len(reasoning) <= replies.LONGEST
    assert reasoning.isprintable()


def test_deep_nesting_is_rejected() -> None:
    with pytest.raises(CommentaryRejected):
        replies.read("[" * 100_000)


@pytest.mark.parametrize(
    ("code", "details", "headers", "kind", "wait_s"),
    [
        (429, [{"@type": RETRY, "retryDelay": "26s"}], {}, Busy, 26.0),
        (429, [{"@type": RETRY, "retryDelay": "0.5s"}], {"Retry-After": "2"}, Busy, 2.0),
        (429, [{"@type": RETRY, "retryDelay": "soon"}], {}, Busy, None),
        (429, [], {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, Busy, None),
        (429, "flat", {}, Busy, None),
        (429, [None, 3, {"@type": "x/google.rpc.QuotaFailure", "violations": 3}], {}, Busy, None),
        (503, [], {"Retry-After": "9" * 30}, Busy, 3600.0),
        (500, None, {"Retry-After": "\u0663"}, Busy, None),
        (400, [], {}, Forbidden, None),
        (404, [], {}, Forbidden, None),
    ],
)  # fmt: skip
def test_error_answers_are_told_apart(
    code: int,
    details: object,
    headers: dict[str, str],
    kind: type[Exception],
    wait_s: float | None,
) -> None:
    verdict = refusals.verdict(code=code, details=details, headers=headers)
    assert type(verdict) is kind
    assert getattr(verdict, "wait_s", None) == wait_s


def test_a_quota_per_day_is_not_a_quota_per_minute() -> None:
    for quota_id, kind in (("CallsPerDayPerProject", Exhausted), ("CallsPerMinute", Busy)):
        details = [{"@type": "x/google.rpc.QuotaFailure", "violations": [{"quotaId": quota_id}]}]
        assert type(refusals.verdict(code=429, details=details, headers={})) is kind


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        (datetime(2024, 1, 10, 7, 0, tzinfo=UTC), 1),
        (datetime(2024, 1, 10, 8, 0, tzinfo=UTC), 24),
        (datetime(2024, 7, 10, 6, 30, tzinfo=UTC), 0.5),
        (datetime(2024, 3, 10, 9, 0, tzinfo=UTC), 22),  # clocks go forward that night
    ],
)
def test_the_daily_quota_starts_anew_at_midnight_pacific(at: datetime, hours: float) -> None:
    assert breaker.seconds_until_reset(as_of=int(at.timestamp())) == hours * 3600
