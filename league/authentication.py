"""Who is asking: `Authorization: Bearer` with an API key or an issuer's token, or a session."""

import re
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from league import keys, players
from league.models import ApiKey, Player
from league.oidc import issuer as issuers
from league.oidc import people, tokens
from league.oidc.tokens import Claims

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
        if match is None or is_token(match["token"] or ""):
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


class TokenAuthentication(authentication.BaseAuthentication):
    """Sets `request.auth` to what an OpenID Connect issuer's token says; no session is touched."""

    def authenticate(self, request: Request) -> tuple[User, Claims] | None:
        """:raises rest_framework.exceptions.APIException: 401, 403 or 503, saying why."""
        match = BEARER.fullmatch(request.headers.get("Authorization", ""))
        issuer = issuers.configured()
        if match is None or issuer is None:
            return None
        now = timezone.now()
        try:
            claims = tokens.verify(match["token"] or "", issuer=issuer, now=now)
            may_enrol = settings.ENABLE_USER_REGISTRATION
            return people.of(claims, may_enrol=may_enrol, now=now), claims
        except (tokens.TokenRefused, people.AccountClosed) as error:
            raise exceptions.AuthenticationFailed(str(error)) from error
        except people.NoAccount as error:
            raise exceptions.PermissionDenied(str(error)) from error
        except issuers.IssuerUnavailable as error:
            raise exceptions.APIException(str(error), code="unavailable") from error

    def authenticate_header(self, request: Request) -> str:
        return ApiKeyAuthentication().authenticate_header(request)


def is_token(text: str) -> bool:
    """Whether it is an issuer's to judge: an API key never is, and nothing where there is none."""
    return bool(settings.OIDC_ISSUER) and not text.startswith(keys.MARK) and "." in text


def remembering() -> list[authentication.BaseAuthentication]:
    """For a write that asks about its key again in its own statement."""
    return [
        ApiKeyAuthentication(keys.recall),
        TokenAuthentication(),
        authentication.SessionAuthentication(),
    ]


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
