"""Gemini's comment over REST, through google-generativeai: the only module that touches that SDK.

Its upstream support has ended and its own retry once blocked ten minutes, so retries, time limit
and verdict are ours: anything but STOP with a valid reply is a failure, for the caller to mend.
"""

import warnings
from dataclasses import dataclass, field
from functools import lru_cache, partial
from time import monotonic
from typing import Any

import requests
from django.core.cache import cache
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
)

from markets import traffic
from predictions.commentary import answers, breaker, prompt, refusals, replies, transport
from predictions.commentary.base import (
    Comment,
    CommentaryRejected,
    CommentaryUnavailable,
    Facts,
    NoComment,
)
from predictions.commentary.budget import Budget, OverBudget, Tab, Tokens
from predictions.commentary.refusals import Busy, Exhausted, Forbidden
from predictions.usage import Usage

SOURCE = "gemini"
TOLD: dict[type[Exception], str] = {
    CommentaryUnavailable: traffic.UNAVAILABLE,
    CommentaryRejected: traffic.REJECTED,
}
ATTEMPTS = 3
FIRST_WAIT_S = 0.25
LEAST_S = 0.05
REMEMBERED_S = 86_400
FORBIDDEN_PAUSE_S = 900


@dataclass(frozen=True, slots=True)
class Gemini:
    """`timeout_s` bounds one comment with all its retries; an empty endpoint is Google's own.

    An answer that stalls halfway is waited for once more as long.
    """

    api_key: str = field(repr=False)
    model: str
    endpoint: str
    timeout_s: float
    budget: Budget

    def comment(self, facts: Facts) -> Comment:
        """Gemini's word on these facts, remembered for a day.

        :raises CommentaryUnavailable: no answer within the time and the budget.
        :raises CommentaryRejected: the key, the prompt or the reply is no good.
        """
        began, key = monotonic(), f"commentary:gemini:{self.model}:{facts.digest()}"
        tab = Tab.opened(self.budget, as_of=facts.as_of)
        try:
            said = breaker.safely(lambda: cache.get(key))
            if said is not None:
                return _comment(said, Usage(monotonic() - began, is_cached=True))
            said = self._ask(facts, tab)
            breaker.safely(lambda: cache.set(key, said, timeout=REMEMBERED_S))
        except NoComment as error:
            error.usage = tab.usage(seconds=monotonic() - began)
            raise
        return _comment(said, tab.usage(seconds=monotonic() - began))

    def _ask(self, facts: Facts, tab: Tab) -> tuple[float, str]:
        """Ask, and let the breaker learn from what came back."""
        try:
            said = replies.read(self._patiently(facts, tab))
        except Exhausted:
            breaker.rest(seconds=breaker.seconds_until_reset(as_of=facts.as_of))
            raise
        except Forbidden:
            breaker.rest(seconds=FORBIDDEN_PAUSE_S)
            raise
        except (OverBudget, breaker.Resting):
            raise
        except NoComment:
            breaker.failed()
            raise
        breaker.succeeded()
        return said

    def _patiently(self, facts: Facts, tab: Tab) -> str:
        deadline = monotonic() + self.timeout_s
        attempts = Retrying(
            retry=retry_if_exception_type(Busy),
            wait=_wait,
            stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(self.timeout_s),
            reraise=True,
        )
        return attempts(self._call, facts, tab, deadline=deadline)

    def _call(self, facts: Facts, tab: Tab, *, deadline: float) -> str:
        breaker.heed()
        tab.reserve(Tokens(prompt.most_sent(facts), prompt.MOST_RECEIVED))
        left = max(deadline - monotonic(), LEAST_S)
        try:
            ask = partial(_generate, self, facts.as_json(), timeout_s=left)
            response = traffic.timed(SOURCE, ask, told=TOLD)
        except NoComment as error:
            if error.is_free:
                tab.settle(Tokens())
            raise
        used = answers.used(response)
        if used is not None:
            tab.settle(used)
        return answers.text(response)


def _comment(said: tuple[float, str], usage: Usage) -> Comment:
    sentiment, reasoning = said
    return Comment(sentiment, reasoning, SOURCE, is_simulated=False, usage=usage)


def _wait(state: RetryCallState) -> float:
    """As long as the server asked for, else a quarter second, doubling."""
    error = state.outcome.exception() if state.outcome else None
    named = error.wait_s if isinstance(error, Busy) else None
    return FIRST_WAIT_S * 2 ** (state.attempt_number - 1) if named is None else named


def _generate(gemini: Gemini, asked: str, *, timeout_s: float) -> Any:
    """One HTTP request. :raises Busy: and Exhausted, Forbidden, CommentaryRejected."""
    from google.api_core import exceptions as api  # noqa: PLC0415 -- heavy: only when asked for
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 -- heavy
    from google.protobuf.json_format import ParseError  # noqa: PLC0415 -- heavy

    try:
        # retry=None: the SDK's default retries a permanent 503 far beyond its timeout.
        return _client(gemini).generate_content(
            asked, request_options={"timeout": timeout_s, "retry": None}
        )
    except api.GoogleAPICallError as error:
        headers = error.response.headers if error.response is not None else {}
        raise refusals.verdict(
            code=int(error.code or 0), details=error.details, headers=headers
        ) from None  # the SDK's message may quote the request
    except requests.TooManyRedirects:
        raise CommentaryRejected("the answer came from elsewhere") from None
    except (requests.RequestException, api.RetryError) as error:
        is_free = transport.never_left(error)
        raise Busy(type(error).__name__, is_free=is_free) from None
    except GoogleAuthError as error:  # it would refresh a login; there is only a key
        raise Forbidden(type(error).__name__) from None
    except (ParseError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise CommentaryRejected(f"broken answer: {type(error).__name__}") from None


@lru_cache(maxsize=4)
def _client(gemini: Gemini) -> Any:
    """The SDK's model object, made in the process that uses it: its connections do not fork."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # its end of life, at every first import
        from google.generativeai.client import (  # noqa: PLC0415 -- heavy
            configure,
            get_default_generative_client,
        )
        from google.generativeai.generative_models import (  # noqa: PLC0415 -- heavy
            GenerativeModel,
        )

    options = {"api_endpoint": gemini.endpoint} if gemini.endpoint else None
    configure(api_key=gemini.api_key, transport="rest", client_options=options)
    client: Any = get_default_generative_client()
    transport.confine(client.transport._session)  # noqa: SLF001 -- it offers no other way in
    model: Any = GenerativeModel(
        gemini.model, system_instruction=prompt.INSTRUCTION, generation_config=prompt.CONFIG
    )
    model._client = client  # noqa: SLF001 -- else the one configured last, by whomever
    return model
