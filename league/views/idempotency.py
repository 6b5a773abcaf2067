"""Idempotency-Key: a write that may be sent again after a lost answer, and is done once.

The key counts per identity, method and path, for a day. Refusals are not remembered, because they
did nothing; nor are answers that hold a secret, because a secret is stored nowhere.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from league import answers
from league.answers import Once, Question
from league.models import Answer, ApiKey

T = TypeVar("T")
REQUEST_HEADER, RESPONSE_HEADER = "Idempotency-Key", "Idempotency-Replayed"
SHAPE = re.compile(r"[!-~]{1,255}", re.ASCII)
PARAMETERS = [
    OpenApiParameter(
        REQUEST_HEADER,
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        OpenApiParameter.HEADER,
        description="A name of your choice for this one request, visible ASCII. Sent again with"
        " the same key and body within 24 hours, it is answered again and not done again; with"
        " another body it is refused (422 idempotency_mismatch). Refusals are not remembered.",
    ),
    OpenApiParameter(
        RESPONSE_HEADER,
        {"type": "string", "enum": ["true"]},
        OpenApiParameter.HEADER,
        response=[200, 201],
        description="Present when the answer is that of an earlier request under the same key.",
    ),
]


class InvalidIdempotencyKey(Exception):
    """The header is there but is not 1 to 255 visible ASCII characters."""


class Keyed(Generic[T]):
    """Claims the key first, keeps the answer last; `response` is there once it has."""

    response: Response

    def __init__(self, question: Question, show: Callable[[T], Response]) -> None:
        self.question = question
        self.show = show

    def claim(self) -> None:
        answers.claim(self.question)

    def keep(self, result: T) -> None:
        self.response = self.show(result)
        body = JSONRenderer().render(self.response.data).decode()
        answers.keep(self.question, status=self.response.status_code, body=body)


class Unclaimed(Keyed[T]):
    """For an effect that one request alone can have: there is nothing to claim before it."""

    def claim(self) -> None:
        return

    def keep(self, result: T) -> None:
        self.response = self.show(result)
        body = JSONRenderer().render(self.response.data).decode()
        answers.add(self.question, status=self.response.status_code, body=body)


def answer(
    request: Request, *, act: Callable[[Once[T]], T], show: Callable[[T], Response]
) -> Response:
    """What `act` did, as `show` puts it; or the remembered answer to this very request.

    `act` runs the effect in one transaction and calls `claim` first and `keep` last in it. `show`
    is called inside that transaction: it may read rows, never the network.
    :raises InvalidIdempotencyKey: and league.answers.KeyReused, KeyInFlight, and what `act` does.
    """
    question = question_of(request, now=timezone.now())
    if question is None:
        return show(act(answers.UNKEYED))
    remembered = answers.recall(question)
    return replay(remembered) if remembered else first(Keyed(question, show), act)


def first(once: Keyed[T], act: Callable[[Once[T]], T]) -> Response:
    """Whatever went wrong, another request under this key may have been answered meanwhile."""
    try:
        act(once)
    except Exception:
        remembered = answers.recall(once.question)
        if remembered is None:
            raise
        return replay(remembered)
    return once.response


def replay(remembered: Answer) -> Response:
    body = json.loads(remembered.body)
    return Response(body, status=remembered.status, headers={RESPONSE_HEADER: "true"})


def is_fit(request: Request | HttpRequest) -> bool:
    """Whether it shows no key, or one that can be."""
    key = request.headers.get(REQUEST_HEADER)
    return key is None or SHAPE.fullmatch(key) is not None


def question_of(request: Request, *, now: datetime) -> Question | None:
    """None without the header. :raises InvalidIdempotencyKey: for one that cannot be a key."""
    key = request.headers.get(REQUEST_HEADER)
    if key is None:
        return None
    if not SHAPE.fullmatch(key):
        raise InvalidIdempotencyKey(f"{REQUEST_HEADER}: 1 to 255 visible ASCII characters.")
    scope = "\n".join([identity(request), str(request.method), request.path_info, key])
    return Question(digest_of(scope), digest_of(canonical(request.data)), now)


def identity(request: Request) -> str:
    """A key stands for its player, a session for its account."""
    if isinstance(request.auth, ApiKey):
        return f"player {request.auth.player_id}"
    return f"account {request.user.pk}"


def canonical(body: Any) -> str:
    """One text for one JSON value, however it was spaced and ordered; 1.5 is "1.5"."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
