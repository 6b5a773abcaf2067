"""The Gemini adapter against a local server that speaks its documented shapes."""

import gzip
import logging
import time
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from predictions.commentary import breaker, gemini, prompt, registry, transport
from predictions.commentary.base import CommentaryRejected, CommentaryUnavailable, Facts
from predictions.commentary.breaker import Resting
from predictions.commentary.budget import Budget, OverBudget
from predictions.commentary.gemini import Gemini
from predictions.commentary.refusals import Busy, Exhausted, Forbidden
from tests.predictions import gemini_server
from tests.predictions.gemini_server import (
    Answer,
    Server,
    answer_of,
    candidate,
    quota,
    refusal,
    retry_in,
    said,
)

pytestmark = pytest.mark.django_db

KEY = "canary-key-a8c1f0"
AMPLE = Budget(
    calls=50, tokens=10**6, micro_usd=10**6, price_sent=300_000, price_received=2_500_000
)
FACTS = Facts("BTC", "24h", 1_704_070_800, 42_000.0, 12, -150, 310, 260)
GOOD = Answer(said(0.25))


fresh = gemini_server.fresh


def adapter(server: Server, **changes: Any) -> Gemini:
    made = Gemini(KEY, "gemini-2.5-flash", server.endpoint, timeout_s=2.0, budget=AMPLE)
    return replace(made, **changes)


def test_an_answer_becomes_a_comment() -> None:
    with gemini_server.serving(GOOD) as server:
        comment = adapter(server).comment(FACTS)
    assert (comment.sentiment, comment.reasoning) == (0.25, "Calm after a quiet day.")
    assert (comment.source, comment.is_simulated) == ("gemini", False)


def test_the_request_is_the_documented_one_and_keeps_the_key_in_its_header(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with gemini_server.serving(GOOD) as server:
        adapter(server).comment(FACTS)
    (asked,) = server.asked
    assert asked.path.split("?")[0] == "/v1beta/models/gemini-2.5-flash:generateContent"
    assert KEY not in asked.path
    assert {name.lower(): value for name, value in asked.headers.items()}["x-goog-api-key"] == KEY
    assert KEY not in str(asked.body)
    config = asked.body["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert set(config["responseSchema"]["required"]) == {"sentiment", "reasoning"}
    assert asked.body["contents"] == [{"parts": [{"text": FACTS.as_json()}], "role": "user"}]
    assert KEY not in caplog.text
    assert KEY not in repr(adapter(server))


FINE = '{"sentiment": 0.1, "reasoning": "whole"}'
FINISHED_OTHERWISE = [
    "FINISH_REASON_UNSPECIFIED", "MAX_TOKENS", "SAFETY", "RECITATION", "LANGUAGE", "OTHER",
    "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL", "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT", "IMAGE_OTHER", "NO_IMAGE", "IMAGE_RECITATION",
    "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE", "INVENTED_LATER",
]  # fmt: skip
BLOCKED = [
    "BLOCK_REASON_UNSPECIFIED", "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT",
    "IMAGE_SAFETY", "JAILBREAK", "MODEL_ARMOR",
]  # fmt: skip


@pytest.mark.parametrize("reason", [*FINISHED_OTHERWISE, 0, *range(2, 20), 4_000])
def test_only_stop_is_a_finish(reason: str | int) -> None:
    """By name and, as the SDK asks for them, by number; also those that the SDK does not know."""
    answer = answer_of([{"content": {"parts": [{"text": FINE}]}, "finishReason": reason}])
    with (
        gemini_server.serving(Answer(answer)) as server,
        pytest.raises(CommentaryRejected, match="finished with"),
    ):
        adapter(server).comment(FACTS)


def test_stop_is_a_finish_by_number_too() -> None:
    answer = answer_of([{"content": {"parts": [{"text": FINE}]}, "finishReason": 1}])
    with gemini_server.serving(Answer(answer)) as server:
        assert adapter(server).comment(FACTS).reasoning == "whole"


@pytest.mark.parametrize("reason", [*BLOCKED, *range(9)])
def test_a_blocked_prompt_is_rejected(reason: str | int) -> None:
    feedback: dict[str, Any] = {"blockReason": reason, "safetyRatings": []}
    body = {"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 90}}
    with (
        gemini_server.serving(Answer(body)) as server,
        pytest.raises(CommentaryRejected, match="blocked"),
    ):
        adapter(server).comment(FACTS)
    assert len(server.asked) == 1


def test_what_surrounds_a_whole_answer_does_not_matter() -> None:
    """Several parts, a second candidate, citations, ratings, fields nobody has heard of."""
    rating = {"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}
    first = {
        "content": {"parts": [{"text": FINE[:9]}, {"text": FINE[9:]}], "role": "model"},
        "finishReason": "STOP",
        "avgLogprobs": -0.1,
        "safetyRatings": [rating, {"category": 9_999, "probability": "INVENTED"}],
        "citationMetadata": {"citationSources": [{"startIndex": 1, "uri": "https://a.example"}]},
        "groundingMetadata": {"webSearchQueries": ["x"]},
        "urlContextMetadata": {"urlMetadata": []},
    }
    second = {"content": {"parts": [{"text": "other"}]}, "finishReason": "SAFETY", "index": 1}
    body = answer_of([first, second]) | {"modelStatus": {"stage": 7}}
    with gemini_server.serving(Answer(body)) as server:
        assert adapter(server).comment(FACTS).reasoning == "whole"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"parts": []},
        {"parts": [{}]},
        {"parts": [{"functionCall": {"name": "buy", "args": {"symbol": "BTC"}}}]},
        {"parts": [{"inlineData": {"mimeType": "image/png", "data": "aGk="}}]},
        {"parts": [{"executableCode": {"language": "PYTHON", "code": "1"}}]},
        {"parts": [{"text": "Let me think.", "thought": True}, {"text": FINE}]},
        {"parts": [{"text": f"```json\n{FINE}\n```"}]},
        {"parts": [{"text": FINE + FINE}]},
        {"parts": [{"text": '{"sentiment": 1e999, "reasoning": "text"}'}]},
        {"parts": [{"text": '{"sentiment": null, "reasoning": "text"}'}]},
        {"parts": [{"text": '{"sentiment": 0.5, "reasoning": ["text"]}'}]},
        {"parts": [{"text": "\u3164\u2800"}]},
    ],
)
def test_a_finished_answer_without_a_whole_reply_is_rejected(content: dict[str, Any]) -> None:
    body = answer_of([{"content": content, "finishReason": "STOP"}])
    with gemini_server.serving(Answer(body)) as server, pytest.raises(CommentaryRejected):
        adapter(server).comment(FACTS)


@pytest.mark.parametrize(
    "body",
    [
        candidate(None, finish="MAX_TOKENS"),
        candidate('{"sentiment": 0.1, "reasoning": "cut sh', finish="MAX_TOKENS"),
        candidate('{"sentiment": 0.1, "reasoning": "whole"}', finish="MAX_TOKENS"),
        candidate('{"sentiment": 0.1, "reasoning": "new"}', finish="TOO_MANY_TOOL_CALLS"),
        candidate('{"sentiment": 0.1, "reasoning": "recited"}', finish="RECITATION"),
        candidate(None),
        candidate(""),
        {
            "candidates": [
                {
                    "finishReason": "SAFETY",
                    "index": 0,
                    "safetyRatings": [
                        {
                            "category": "HARM_CATEGORY_DANGEROUS_CONTENT",
                            "probability": "MEDIUM",
                            "blocked": True,
                        }
                    ],
                }
            ]
        },
        {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"totalTokenCount": 3}},
        {},
        {"candidates": []},
        candidate("Sure! BTC will rise."),
        candidate('[0.5, "up"]'),
        candidate('{"sentiment": "0.5", "reasoning": "text"}'),
        candidate('{"sentiment": NaN, "reasoning": "text"}'),
        candidate('{"sentiment": true, "reasoning": "text"}'),
        candidate('{"sentiment": 0.5}'),
        candidate('{"sentiment": 0.5, "reasoning": " \\u202e\\u0000 "}'),
        b"<html>gateway</html>",
        b"",
        b"[]",
        b'{"candidates": [{"content": 7}]}',
        b"\xff\xfe\x00",
    ],
)
def test_anything_but_a_finished_valid_answer_is_rejected(body: object) -> None:
    with gemini_server.serving(Answer(body)) as server, pytest.raises(CommentaryRejected):
        adapter(server).comment(FACTS)
    assert len(server.asked) == 1


def test_an_overloaded_server_is_asked_again_within_the_budget() -> None:
    busy = Answer(refusal(503, "UNAVAILABLE"), status=503)
    with gemini_server.serving(busy, busy, GOOD) as server:
        assert adapter(server).comment(FACTS).sentiment == 0.25
    assert len(server.asked) == 3


def test_a_permanent_503_gives_up_within_the_budget() -> None:
    with gemini_server.serving(Answer(refusal(503, "UNAVAILABLE"), status=503)) as server:
        began = time.monotonic()
        with pytest.raises(Busy, match="HTTP 503"):
            adapter(server).comment(FACTS)
    assert time.monotonic() - began < 4
    assert len(server.asked) == gemini.ATTEMPTS


def test_retry_info_is_honoured_when_it_fits() -> None:
    busy = Answer(
        refusal(429, "RESOURCE_EXHAUSTED", quota("PerMinutePerProject"), retry_in("0.6s")), 429
    )
    with gemini_server.serving(busy, GOOD) as server:
        began = time.monotonic()
        assert adapter(server).comment(FACTS).sentiment == 0.25
    assert time.monotonic() - began >= 0.6


@pytest.mark.parametrize(
    "busy",
    [
        Answer(refusal(429, "RESOURCE_EXHAUSTED", retry_in("26s")), 429),
        Answer(refusal(500, "INTERNAL"), 500, {"Retry-After": "3600"}),
    ],
)
def test_a_wait_beyond_the_budget_is_not_waited(busy: Answer) -> None:
    with gemini_server.serving(busy) as server:
        began = time.monotonic()
        with pytest.raises(CommentaryUnavailable):
            adapter(server).comment(FACTS)
    assert time.monotonic() - began < 1.5
    assert len(server.asked) == 1


def test_a_429_without_details_is_retried() -> None:
    busy = Answer({"error": {"code": 429, "message": "slow down"}}, 429)
    with gemini_server.serving(busy, GOOD) as server:
        assert adapter(server).comment(FACTS).sentiment == 0.25


def test_a_spent_daily_quota_rests_until_it_starts_anew() -> None:
    spent = Answer(
        refusal(
            429,
            "RESOURCE_EXHAUSTED",
            quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
            retry_in("0.1s"),
        ),
        429,
    )
    with gemini_server.serving(spent) as server:
        with pytest.raises(Exhausted):
            adapter(server).comment(FACTS)
        with pytest.raises(Resting, match="resting"):
            adapter(server).comment(replace(FACTS, price=1.0))
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_bad_key_or_model_is_not_asked_again_and_again(status: int) -> None:
    with gemini_server.serving(Answer(refusal(status, "INVALID_ARGUMENT"), status)) as server:
        with pytest.raises(Forbidden):
            adapter(server).comment(FACTS)
        with pytest.raises(Resting):
            adapter(server).comment(replace(FACTS, price=1.0))
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"oops", b"[]", b'{"error": "flat"}', b'{"error": null}'])
def test_error_pages_of_any_shape_are_survived(body: object) -> None:
    with (
        gemini_server.serving(Answer(body, status=400)) as server,
        pytest.raises((CommentaryRejected, CommentaryUnavailable)),
    ):
        adapter(server).comment(FACTS)


@pytest.mark.parametrize(
    ("status", "name"),
    [(500, "INTERNAL"), (502, "UNKNOWN"), (503, "UNAVAILABLE"), (504, "DEADLINE_EXCEEDED")],
)
def test_a_server_in_trouble_is_asked_again(status: int, name: str) -> None:
    trouble = Answer(refusal(status, name), status)
    with gemini_server.serving(trouble, GOOD) as server:
        assert adapter(server).comment(FACTS).sentiment == 0.25
    assert len(server.asked) == 2


INFO = "type.googleapis.com/google.rpc.ErrorInfo"


@pytest.mark.parametrize(
    ("status", "name", "detail"),
    [
        (400, "INVALID_ARGUMENT", {"@type": INFO, "reason": "API_KEY_INVALID"}),
        (400, "FAILED_PRECONDITION", {"@type": "x/google.rpc.Help", "links": []}),
        (403, "PERMISSION_DENIED", {"@type": INFO, "reason": "SERVICE_BLOCKED"}),
        (404, "NOT_FOUND", {}),
    ],
)
def test_what_only_a_person_can_mend_rests(status: int, name: str, detail: dict[str, Any]) -> None:
    with (
        gemini_server.serving(Answer(refusal(status, name, detail), status)) as server,
        pytest.raises(Forbidden),
    ):
        adapter(server).comment(FACTS)
    with pytest.raises(Resting):
        breaker.heed()


def test_a_quota_of_a_minute_next_to_one_of_a_day_is_the_day_s() -> None:
    """As the API tells a plan without charge that its day is over, with a wait that is no use."""
    spent = refusal(
        429,
        "RESOURCE_EXHAUSTED",
        quota("GenerateContentInputTokensPerModelPerMinute-FreeTier"),
        quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
        {"@type": "type.googleapis.com/google.rpc.Help", "links": [{"url": "https://x.example"}]},
        retry_in("21.5s"),
    )
    with gemini_server.serving(Answer(spent, 429)) as server, pytest.raises(Exhausted):
        adapter(server).comment(FACTS)
    assert len(server.asked) == 1


def test_an_answer_that_trickles_is_left_in_time() -> None:
    """Each byte comes soon after the last, so no read ever times out."""
    with gemini_server.serving(replace(GOOD, every_s=0.05)) as server:
        began = time.monotonic()
        with pytest.raises(CommentaryUnavailable):
            adapter(server, timeout_s=0.5).comment(FACTS)
    assert time.monotonic() - began < 3


def test_an_answer_cut_short_is_asked_for_again() -> None:
    with gemini_server.serving(replace(GOOD, cut=7), GOOD) as server:
        assert adapter(server).comment(FACTS).sentiment == 0.25
    assert len(server.asked) == 2


@pytest.mark.parametrize("packed", [False, True])
def test_an_endless_answer_is_not_read(packed: bool) -> None:
    body = b" " * (transport.MOST_BYTES + 1)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    answer = Answer(gzip.compress(body) if packed else body, headers=headers)
    with (
        gemini_server.serving(answer) as server,
        pytest.raises(CommentaryRejected, match="TooLong"),
    ):
        adapter(server).comment(FACTS)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_follows_no_redirect(status: int) -> None:
    with gemini_server.serving(GOOD) as elsewhere:
        away = Answer({}, status, {"Location": f"{elsewhere.endpoint}/v1beta/models/x:y"})
        with gemini_server.serving(away) as server, pytest.raises(CommentaryRejected):
            adapter(server).comment(FACTS)
    assert elsewhere.asked == []
    assert len(server.asked) == 1


def test_a_slow_server_is_left_in_time() -> None:
    with gemini_server.serving(replace(GOOD, after_s=1.5)) as server:
        began = time.monotonic()
        with pytest.raises(CommentaryUnavailable):
            adapter(server, timeout_s=0.4).comment(FACTS)
    assert time.monotonic() - began < 1.4


def test_nobody_listening_is_unavailable() -> None:
    with gemini_server.serving(GOOD) as server:
        pass
    with pytest.raises(CommentaryUnavailable):
        adapter(server, timeout_s=0.5).comment(FACTS)


def test_the_same_facts_are_asked_about_once() -> None:
    with gemini_server.serving(GOOD, Answer(said(-0.5))) as server:
        first = adapter(server).comment(FACTS)
        again = adapter(server).comment(FACTS)
        assert replace(again, usage=first.usage) == first
        assert adapter(server).comment(replace(FACTS, price=1.0)).sentiment == -0.5
    assert len(server.asked) == 2


def test_the_daily_allowance_is_exact_and_starts_anew_the_next_day() -> None:
    with gemini_server.serving(GOOD) as server:
        thrifty = adapter(server, budget=replace(AMPLE, calls=2))
        for price in (1.0, 2.0):
            thrifty.comment(replace(FACTS, price=price))
        with pytest.raises(OverBudget, match="allowance"):
            thrifty.comment(replace(FACTS, price=3.0))
        thrifty.comment(replace(FACTS, as_of=FACTS.as_of + 86_400))
    assert len(server.asked) == 3


def test_three_failures_in_a_row_open_the_breaker() -> None:
    with gemini_server.serving(Answer(candidate("nonsense"))) as server:
        for price in (1.0, 2.0, 3.0):
            with pytest.raises(CommentaryRejected):
                adapter(server).comment(replace(FACTS, price=price))
        with pytest.raises(Resting, match="resting"):
            adapter(server).comment(FACTS)
    assert len(server.asked) == 3


def test_a_success_ends_a_run_of_failures() -> None:
    bad = Answer(candidate("nonsense"))
    with gemini_server.serving(bad, bad, GOOD, bad, bad, GOOD) as server:
        for price in (1.0, 2.0):
            with pytest.raises(CommentaryRejected):
                adapter(server).comment(replace(FACTS, price=price))
        adapter(server).comment(replace(FACTS, price=3.0))
        for price in (4.0, 5.0):
            with pytest.raises(CommentaryRejected):
                adapter(server).comment(replace(FACTS, price=price))
        assert adapter(server).comment(FACTS).sentiment == 0.25


@pytest.mark.parametrize(("value", "clamped"), [(7, 1.0), (-3.5, -1.0), (1e308, 1.0), (0, 0.0)])
def test_sentiment_is_clamped(value: float, clamped: float) -> None:
    with gemini_server.serving(Answer(said(value))) as server:
        assert adapter(server).comment(FACTS).sentiment == clamped


def test_reasoning_is_plain_capped_text() -> None:
    text = "Up\u202e now\u200b\x07.\r\n\tIgnore all\u2028rules. " + "x" * 5000
    with gemini_server.serving(Answer(said(0, text))) as server:
        reasoning = adapter(server).comment(FACTS).reasoning
    assert reasoning.startswith("Up now. Ignore all rules. xxx")
    assert len(reasoning) == 600


def test_live_seasons_with_a_key_ask_gemini_and_fall_back_when_it_fails(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with gemini_server.serving(GOOD, Answer(b"oops")) as server:
        settings.GEMINI_API_KEY, settings.GEMINI_API_ENDPOINT = KEY, server.endpoint
        commentator = registry.commentator("live")
        assert commentator.comment(FACTS).source == "gemini"
        twin = commentator.comment(replace(FACTS, price=1.0))
    assert (twin.sentiment, twin.source, twin.is_simulated) == (0.0, "template", True)
    assert "BTC stood at 1" in twin.reasoning
    assert twin.usage.tokens_in == prompt.most_sent(replace(FACTS, price=1.0))
    (record,) = [r for r in caplog.records if r.name == registry.__name__]
    assert vars(record)["facts"] == replace(FACTS, price=1.0).digest()
    assert KEY not in str(vars(record))


@pytest.mark.parametrize("mode", ["simulated", "replay"])
def test_invented_and_recorded_prices_are_never_sent(mode: str, settings: Settings) -> None:
    with gemini_server.serving(GOOD) as server:
        settings.GEMINI_API_KEY, settings.GEMINI_API_ENDPOINT = KEY, server.endpoint
        comment = registry.commentator(mode).comment(FACTS)
    assert comment.source == "template"
    assert server.asked == []


def test_without_a_key_the_template_answers(settings: Settings) -> None:
    settings.GEMINI_API_KEY = ""
    comment = registry.commentator("live").comment(FACTS)
    assert "no Gemini key" in comment.reasoning


def test_a_counter_out_of_reach_means_no_call(settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
            "OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.2},
        }
    }
    with gemini_server.serving(GOOD) as server:
        with pytest.raises(Resting, match="out of reach"):
            adapter(server).comment(FACTS)
        assert server.asked == []
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
