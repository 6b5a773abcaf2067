"""How an answer is read: to its end within the time and a size, once, from the address asked.

requests bounds each read but not their sum, so a trickle would last for ever; and it follows a
redirect with every header but its own, the key's included.
"""

import io
from time import monotonic
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

MOST_BYTES: Final = 1_000_000  # after decompression
CHUNK: Final = 16_384


class TooLong(ValueError):
    """The answer is larger than any answer to our question."""


class Bounded(HTTPAdapter):
    """For sessions whose requests have one number of seconds as their timeout."""

    def send(  # type: ignore[override]  # requests passes everything else by keyword
        self, request: requests.PreparedRequest, *, timeout: float, **options: Any
    ) -> requests.Response:
        """:raises TooLong: and what requests raises when the time is up."""
        deadline = monotonic() + timeout
        response = super().send(request, timeout=timeout, **options)
        try:
            body = _read(response.raw, deadline=deadline)
        except HTTPError as error:
            raise requests.ConnectionError(type(error).__name__, request=request) from error
        finally:
            response.raw.close()
        response.raw = io.BytesIO(body)
        return response


def confine(session: Any) -> None:
    """Let google-auth's session read only what is bounded, follow no redirect, ask only once."""
    session.mount("https://", Bounded(max_retries=0))
    session.mount("http://", Bounded(max_retries=0))
    session.max_redirects = 0
    session._max_refresh_attempts = 0  # noqa: SLF001 -- after a 401: there is only the same key


def never_left(error: Exception) -> bool:
    """Whether the request cannot have reached anybody."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", None)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _read(raw: Any, *, deadline: float) -> bytes:
    """As the bytes come: waiting for full chunks would wait for a trickle."""
    body = bytearray()
    while chunk := raw.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooLong("larger than any answer")
        if monotonic() > deadline:
            raise requests.ReadTimeout("the answer trickles")
    return bytes(body)
