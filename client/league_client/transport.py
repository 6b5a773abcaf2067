"""Requests that wait, repeat and remember as the league asks: one instance per thread."""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from league_client import allowance, failures
from league_client.failures import LeagueError, Retryable, Unreachable

# Asked twice, done once. A withdrawal is not: meanwhile another word may stand there.
SAFE: Final = frozenset({"GET", "PUT"})
AT_ONCE: Final = frozenset({"rate_limited", "key_in_flight", "unavailable", "price_unavailable"})
REFUSED_UNDONE: Final = frozenset({"rate_limited"})
LONGEST_BACKOFF_S: Final = 30.0
MOST_KEPT: Final = 256


class Bearer(AuthBase):
    """As an object of its own, or a .netrc would be preferred to it."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.key:
            request.headers["Authorization"] = f"Bearer {self.key}"
        return request


@dataclass(frozen=True, slots=True)
class Call:
    """`is_keyed`: the route takes an Idempotency-Key, so a lost answer may be asked for again."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    is_keyed: bool = False

    def may_repeat(self, failure: Retryable) -> bool:
        """Whether doing it twice is impossible, and waiting some seconds is likely to help."""
        if not isinstance(failure, Unreachable) and failure.code not in AT_ONCE:
            return False  # sealed until the lock, no open round: a matter of minutes
        is_once = self.is_keyed or self.method in SAFE or "dry_run" in self.query
        return is_once or failure.code in REFUSED_UNDONE


class Transport:
    """`patience_s` is how long one call may wait in all, `timeout_s` how long for one answer."""

    def __init__(
        self, url: str, key: str = "", *, patience_s: float = 60.0, timeout_s: float = 10.0
    ) -> None:
        base = url.rstrip("/")
        # A run of the time machine has its base address below the league's own.
        self.url = base if "/api/v1" in urlsplit(base).path else f"{base}/api/v1"
        self.patience_s, self.timeout_s = patience_s, timeout_s
        self.allowance: allowance.Allowance | None = None
        self.pause: Callable[[float], None] = time.sleep
        self._free_at_s = 0.0
        self._kept: dict[str, tuple[str, str]] = {}
        self._http = requests.Session()
        self._http.auth = Bearer(key)

    def ask(self, call: Call) -> Any:
        """The answer's JSON, None if it has no body.

        :raises league_client.failures.LeagueError: once it is rejected or patience is over.
        """
        headers = {"Idempotency-Key": secrets.token_hex(16)} if call.is_keyed else {}
        ends_s = time.monotonic() + self.patience_s
        attempt = 0
        while True:
            self._wait_for_allowance(ends_s)
            try:
                return self._ask_once(call, headers)
            except Retryable as failure:
                wait_s = wait_of(failure, attempt)
                if not call.may_repeat(failure) or time.monotonic() + wait_s > ends_s:
                    raise
                self.pause(wait_s)
            attempt += 1

    def _wait_for_allowance(self, ends_s: float) -> None:
        """Nothing is left this minute: wait instead of being refused."""
        if time.monotonic() < self._free_at_s <= ends_s:
            self.pause(self._free_at_s - time.monotonic())

    def _ask_once(self, call: Call, headers: Mapping[str, str]) -> Any:
        request = requests.Request(
            call.method, self.url + call.path, params=call.query, json=call.body
        )
        prepared = self._http.prepare_request(request)
        prepared.headers.update(headers)
        address = str(prepared.url)
        if call.method == "GET" and address in self._kept:
            prepared.headers["If-None-Match"] = self._kept[address][0]
        settings = self._http.merge_environment_settings(address, {}, None, None, None)
        try:
            answer = self._http.send(
                prepared, timeout=self.timeout_s, allow_redirects=False, **settings
            )
        except requests.RequestException as error:
            raise failures.unreachable(f"No answer: {error}") from error
        self._note(answer)
        return self._read(call, address, answer)

    def _note(self, answer: requests.Response) -> None:
        self.allowance = allowance.read(answer.headers.get("RateLimit", ""))
        if self.allowance is not None and not self.allowance.remaining:
            self._free_at_s = time.monotonic() + self.allowance.reset_s

    def _read(self, call: Call, address: str, answer: requests.Response) -> Any:
        if answer.status_code == requests.codes.not_modified:
            return json.loads(self._kept[address][1])
        if answer.status_code == requests.codes.no_content:
            return None
        body = parsed(answer)
        if not answer.ok or body is None or answer.is_redirect:
            raise refusal(answer, body)
        if call.method == "GET" and "ETag" in answer.headers:
            self._keep(address, answer)
        return body

    def _keep(self, address: str, answer: requests.Response) -> None:
        self._kept.pop(address, None)
        self._kept[address] = (answer.headers["ETag"], answer.text)
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]  # the one asked for longest ago


def refusal(answer: requests.Response, body: Any) -> LeagueError:
    if answer.ok and not answer.is_redirect:
        return failures.unreachable("The answer is not JSON.", status=answer.status_code)
    return failures.of_answer(answer.status_code, answer.headers, body)


def parsed(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None


def wait_of(failure: Retryable, attempt: int) -> float:
    """Retry-After, or a second, two, four ... with up to a quarter more by chance."""
    if failure.problem.retry_after_s is not None:
        return failure.problem.retry_after_s
    jitter = 1 + secrets.randbelow(256) / 1024
    return min(LONGEST_BACKOFF_S, 2.0**attempt * jitter)
