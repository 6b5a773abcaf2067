"""What an error answer of the Gemini API means: wait and retry, stop for the day, or never.

Shapes: google.rpc.Status with optional RetryInfo and QuotaFailure among its details. Pure.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from predictions.commentary.base import CommentaryRejected, CommentaryUnavailable

RETRY_INFO = "google.rpc.RetryInfo"
QUOTA_FAILURE = "google.rpc.QuotaFailure"
LONGEST_WAIT_S = 3600.0


class Busy(CommentaryUnavailable):
    """Worth another try after `wait_s` seconds, or soon when the server named no time."""

    def __init__(
        self, message: str, *, wait_s: float | None = None, is_free: bool = False
    ) -> None:
        super().__init__(message)
        self.wait_s = wait_s
        self.is_free = is_free


class Exhausted(CommentaryUnavailable):
    """The day's quota at the vendor is spent: nothing helps before it starts anew."""

    is_free = True


class Forbidden(CommentaryRejected):
    """A bad key, a retired model, a request the API will not take."""

    is_free = True


def verdict(*, code: int, details: object, headers: Mapping[str, str]) -> Exception:
    """Busy, Exhausted or Forbidden for an HTTP status with its error details and headers.

    The vendor bills no tokens for a request that it answers with an error.
    """
    message = f"HTTP {code}"
    if code == HTTPStatus.TOO_MANY_REQUESTS and _is_daily(details):
        return Exhausted(message)
    if code == HTTPStatus.TOO_MANY_REQUESTS or code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Busy(message, wait_s=_wait_s(details, headers), is_free=True)
    return Forbidden(message)


def _is_daily(details: object) -> bool:
    return any(
        "PerDay" in str(violation.get("quotaId", ""))
        for detail in _of_type(details, QUOTA_FAILURE)
        for violation in _mappings(detail.get("violations"))
    )


def _wait_s(details: object, headers: Mapping[str, str]) -> float | None:
    """RetryInfo's "26s" or Retry-After's seconds, whichever is longer."""
    named = [str(detail.get("retryDelay", "")) for detail in _of_type(details, RETRY_INFO)]
    waits = [_seconds(text.removesuffix("s")) for text in [*named, headers.get("Retry-After", "")]]
    return max((wait for wait in waits if wait is not None), default=None)


def _seconds(text: str) -> float | None:
    """A plain count of seconds; a date or nonsense counts as no answer."""
    whole, _, fraction = text.strip().partition(".")
    if not (whole.isascii() and whole.isdecimal() and (fraction or "0").isdecimal()):
        return None
    return min(float(text), LONGEST_WAIT_S)


def _of_type(details: object, name: str) -> Iterator[Mapping[str, Any]]:
    return (d for d in _mappings(details) if str(d.get("@type", "")).endswith(name))


def _mappings(value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list | tuple):
        return []
    return [item for item in value if isinstance(item, Mapping)]
