"""First pages of public boards as bytes, the same for everybody who asks.

Rendered once for each version of a board, kept in the process, and held against the database at
most once a second: so long may an answer lag behind a publication, or a league made private.
"""

import functools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from league import lookups

View = Callable[..., HttpResponseBase]
JSON: Final = "application/json"
PLAIN: Final = frozenset({"", "*/*", JSON, f"{JSON}, */*", f"{JSON}, text/plain, */*"})
SHARED: Final = {"Cache-Control": "public, max-age=5"}
FRESH_S: Final = 1.0
MOST: Final = 128


@dataclass(frozen=True, slots=True)
class Rendition:
    """An answer's body and headers, and when (monotonic seconds) the database last agreed."""

    body: bytes
    headers: dict[str, str]
    agreed_s: float


_kept: Final[dict[str, Rendition]] = {}
_keeping: Final = threading.Lock()


def forget() -> None:
    """Drop every page (tests, scratch databases)."""
    with _keeping:
        _kept.clear()


def body(request: HttpRequest, *, tag: str) -> bytes | None:
    """The body kept for this address, if it is still the one `tag` stands for."""
    found = _kept.get(address(request))
    return found.body if found is not None and found.headers["ETag"] == tag else None


def shared(view: View) -> View:
    """Answer from memory what `view` marked as SHARED less than FRESH_S ago."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        if not is_plain(request):
            return view(request, *arguments, **named)
        where, now_s = address(request), time.monotonic()
        found = _kept.get(where)
        is_fresh = found is not None and now_s - found.agreed_s < FRESH_S
        lookups.count("board", is_found=is_fresh)
        if found is not None and is_fresh:
            return HttpResponse(found.body, headers=found.headers)
        response = view(request, *arguments, **named)
        if isinstance(response, HttpResponse) and is_shared(response):
            _keep(where, Rendition(response.content, dict(response.items()), now_s))
        return response

    return answer


def is_plain(request: HttpRequest) -> bool:
    """Whether nothing but the address can shape the answer: JSON, for nobody in particular."""
    meta = request.META
    return (
        request.method == "GET"
        and "HTTP_AUTHORIZATION" not in meta
        and settings.SESSION_COOKIE_NAME not in meta.get("HTTP_COOKIE", "")
        and meta.get("HTTP_ACCEPT", "") in PLAIN
    )


def is_shared(response: HttpResponse) -> bool:
    headers = response.headers
    return response.status_code == 200 and headers.items() >= SHARED.items()  # noqa: PLR2004


def address(request: HttpRequest) -> str:
    """With scheme and host, which the links inside a page repeat."""
    return f"{request.scheme}://{request.get_host()}{request.get_full_path()}"


def _keep(where: str, rendition: Rendition) -> None:
    with _keeping:
        _kept.pop(where, None)
        while len(_kept) >= MOST:
            del _kept[next(iter(_kept))]
        _kept[where] = rendition
