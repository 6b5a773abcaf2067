"""The one way out to the internet for documents: bounded in time, size, attempts and hops."""

import functools
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NoReturn

import requests
import tenacity
import urllib3
from requests.adapters import HTTPAdapter

from markets.providers import base

TIMEOUT_S: Final = (2.0, 5.0)  # connect, each read
BODY_S: Final = 5.0  # the whole body: a trickle never trips the read timeout
BODY_BYTES: Final = 1_000_000  # after decompression
CHUNK: Final = 16_384
BUDGET_S: Final = 6.0  # all attempts and the waits between them
ATTEMPTS: Final = 3
USER_AGENT: Final = "prediction-league/1"
OK: Final = 200
REDIRECTS: Final = range(300, 400)
TOO_MANY: Final = frozenset({418, 429})  # Binance bans with 418
SERVER_ERROR: Final = 500


class TryAgainSoon(base.ProviderUnavailable):
    """Worth another attempt inside this very call."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A final status and the parsed body; `body` is None where it is not JSON."""

    status: int
    body: object


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A vendor's base address, with the headers every request to it carries.

    `retries_limited` is False for a vendor that answers persistence with longer bans; `is_patient`
    is False where whoever asks cannot wait for a second attempt.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    retries_limited: bool = True
    is_patient: bool = True

    def get(self, path: str, params: Mapping[str, str | int]) -> Answer:
        """GET a JSON document; 2xx and 4xx come back, parsed, for the vendor to judge.

        :raises base.ProviderUnavailable: no usable answer within the budget.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TryAgainSoon),
            stop=tenacity.stop_after_attempt(ATTEMPTS if self.is_patient else 1)
            | tenacity.stop_before_delay(BUDGET_S),
            wait=_wait,
            reraise=True,
        )
        return retrying(self._once, path, params)

    def _once(self, path: str, params: Mapping[str, str | int]) -> Answer:
        try:
            with _session(os.getpid()).get(
                self.url.rstrip("/") + path,
                params=params,
                headers=self.headers,
                timeout=TIMEOUT_S,
                allow_redirects=False,
                stream=True,
            ) as response:
                self._refuse(response)
                return Answer(status=response.status_code, body=_parsed(_body(response)))
        except (requests.Timeout, requests.ConnectionError) as error:
            raise TryAgainSoon("unreachable", type(error).__name__) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise base.ProviderUnavailable("unreachable", type(error).__name__) from error

    def _refuse(self, response: requests.Response) -> None:
        status = response.status_code
        if status in TOO_MANY:
            kind = TryAgainSoon if self.retries_limited else base.ProviderUnavailable
            raise kind("rate_limited", str(status), retry_after=_retry_after(response))
        if status >= SERVER_ERROR:
            raise TryAgainSoon("server_error", str(status), retry_after=_retry_after(response))
        if status in REDIRECTS:
            raise base.ProviderUnavailable("redirect", str(status))


@functools.lru_cache(maxsize=1)
def _session(_pid: int) -> requests.Session:
    """One pool per process; keyed by pid so that a fork never shares its parent's sockets."""
    session = requests.Session()
    session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
    adapter = HTTPAdapter(pool_connections=8, pool_maxsize=8, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


_backoff = tenacity.wait_random_exponential(multiplier=0.2, max=2)


def _wait(state: tenacity.RetryCallState) -> float:
    failure = state.outcome.exception() if state.outcome else None
    asked = failure.retry_after if isinstance(failure, base.ProviderUnavailable) else None
    return max(asked or 0.0, _backoff(state))


def _retry_after(response: requests.Response) -> float | None:
    """Seconds only: the date form is rare, and an absent hint is safe."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None  # noqa: PLR2004


def _body(response: requests.Response) -> bytes:
    """Read as the bytes come: waiting for full chunks would let a trickle last for ever."""
    deadline = time.monotonic() + BODY_S
    body = bytearray()
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > BODY_BYTES:
            raise base.ProviderUnavailable("too_large")
        if time.monotonic() > deadline:
            raise base.ProviderUnavailable("too_slow")
    return bytes(body)


def _not_finite(_word: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _parsed(body: bytes) -> object:
    try:
        parsed: object = json.loads(body, parse_float=Decimal, parse_constant=_not_finite)
    except (ValueError, RecursionError):  # a CDN's plain text, HTML, NaN, a nesting bomb
        return None
    return parsed
