"""Who is asking: `Authorization: Bearer lg_live_...`, or the session of a signed-in person."""

import re
from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from league import keys, players
from league.models import ApiKey, Player

BEARER = re.compile(r"bearer(?: +(?P<token>.*))?", re.IGNORECASE | re.ASCII)
CHALLENGE = 'Bearer realm="league"'


class NoPlayer(Exception):
    """The account asking has no player of its own."""


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """Sets `request.auth` to the key; its player may be a person or that person's bot."""

    def __init__(self, verify: Callable[..., ApiKey] = keys.verify) -> None:
        """`verify`: keys.recall for a write that asks about the key again in its own statement."""
        self.verify = verify

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, ApiKey] | None:
        """:raises rest_framework.exceptions.AuthenticationFailed: for a key that is refused."""
        match = BEARER.fullmatch(request.headers.get("Authorization", ""))
        if match is None:
            return None
        try:
            key = self.verify(match["token"] or "", now=timezone.now())
        except keys.KeyRejected as error:
            raise exceptions.AuthenticationFailed(str(error)) from error
        user = key.player.user
        if user is not None and not user.is_active:
            raise exceptions.AuthenticationFailed("This account is closed.")
        return user or AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        if request.headers.get("Authorization"):
            return f'{CHALLENGE}, error="invalid_token"'
        return CHALLENGE


def confirm(request: Request) -> None:
    """Ask the database about a remembered key before anything else is done with it.

    :raises rest_framework.exceptions.AuthenticationFailed: for a key that is refused by now.
    """
    known = ApiKeyAuthentication().authenticate(request)
    if known is not None:
        request.user, request.auth = known


def player_of(request: Request) -> Player:
    """The key's player, or the human player of the session's account.

    :raises NoPlayer: when there is none.
    """
    if isinstance(request.auth, ApiKey):
        return request.auth.player
    player = players.of_user(request.user) if isinstance(request.user, User) else None
    if player is None:
        raise NoPlayer("This account has no player yet: POST /api/v1/players/me.")
    return player
