"""Reading is public; writing needs an identity, and of a key or token the scope for it."""

from typing import TYPE_CHECKING

from rest_framework import exceptions, permissions
from rest_framework.request import Request

from league.models import ApiKey
from league.oidc.tokens import Claims

if TYPE_CHECKING:  # the framework's views import this module as their default
    from rest_framework.views import APIView


BEARERS = (ApiKey, Claims)  # what `request.auth` is, unless a session asks


class ScopedOrReadOnly(permissions.BasePermission):
    """A key without the scope is refused even where the anonymous may read."""

    message = "The key or token lacks the scope this needs."
    code = "insufficient_scope"

    def has_permission(self, request: Request, view: "APIView") -> bool:
        del view
        is_reading = request.method in permissions.SAFE_METHODS
        if isinstance(request.auth, BEARERS):
            return ("read" if is_reading else "predict") in request.auth.scopes
        return is_reading or request.user.is_authenticated


class Scoped(ScopedOrReadOnly):
    """The same for what is private: even reading needs an identity."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        is_known = isinstance(request.auth, BEARERS) or request.user.is_authenticated
        return is_known and super().has_permission(request, view)


class LeagueScopedOrReadOnly(ScopedOrReadOnly):
    """To found a league and to decide about its members a key needs the scope by name."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if request.method not in permissions.SAFE_METHODS and isinstance(request.auth, BEARERS):
            return "league" in request.auth.scopes
        return super().has_permission(request, view)


class LeagueScoped(LeagueScopedOrReadOnly):
    """The same for what is private: even reading needs an identity."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        is_known = isinstance(request.auth, BEARERS) or request.user.is_authenticated
        return is_known and super().has_permission(request, view)


class WebhookScoped(permissions.BasePermission):
    """A key needs the scope even for reading: what it reads is its whole account's."""

    message = ScopedOrReadOnly.message
    code = ScopedOrReadOnly.code

    def has_permission(self, request: Request, view: "APIView") -> bool:
        del view
        if isinstance(request.auth, BEARERS):
            return "webhook" in request.auth.scopes
        return request.user.is_authenticated


def require_identity(request: Request) -> None:
    """For what only some requests to a public address need.

    :raises rest_framework.exceptions.NotAuthenticated: without a key or a session.
    """
    if not isinstance(request.auth, BEARERS) and not request.user.is_authenticated:
        raise exceptions.NotAuthenticated
