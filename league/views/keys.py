"""API keys of one's own players: list, issue, revoke."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import authentication, heirs, keys, permissions
from league.keys import IssuedKey
from league.models import ApiKey, Player
from league.models.player import Kind
from league.oidc.tokens import Claims
from league.serializers import keys as shapes
from league.views.players import validated
from league.wallets import KEY_LIFETIME


@extend_schema_view(get=extend_schema(operation_id="key_list", tags=["keys"]))
class KeyList(generics.ListAPIView[ApiKey]):
    """The keys of your players; a key sees only its own player's, and a key that was asked for
    with another one is revoked together with it.

    A new one's secret is shown once and kept nowhere: an Idempotency-Key has no effect here.
    """

    permission_classes = (permissions.Scoped,)
    queryset = ApiKey.objects.none()
    serializer_class = shapes.KeySerializer
    ordering = ("-pk",)

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.filter(player__in=owned(self.request)).select_related("player")

    @extend_schema(
        operation_id="key_issue",
        tags=["keys"],
        request=shapes.NewKeySerializer,
        responses={201: shapes.IssuedKeySerializer},
        examples=[
            OpenApiExample(
                "For a bot",
                {"label": "laptop", "scopes": ["read", "predict"], "player": "ada-bot"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        form = validated(shapes.NewKeySerializer, request)
        handle = form.pop("player", None)
        player = get_object_or_404(owned(request), handle=handle) if handle else None
        issued = issue(request, player or authentication.player_of(request), form)
        body = shapes.KeySerializer(issued.key).data
        return Response(body | {"secret": issued.secret}, status=201)


class KeyDetail(APIView):
    """One key of yours."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(operation_id="key_revoke", tags=["keys"], responses={204: None})
    def delete(self, request: Request, prefix: str) -> Response:
        """Revoke it at once and for ever."""
        key = get_object_or_404(ApiKey, prefix=prefix, player__in=owned(request))
        keys.revoke(key, now=timezone.now())
        return Response(status=204)


class KeyRotation(APIView):
    """A new key in place of one of yours."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(
        operation_id="key_rotate",
        tags=["keys"],
        request=shapes.RotationSerializer,
        responses={201: shapes.IssuedKeySerializer},
        examples=[
            OpenApiExample("An hour to change over", {"overlap_s": 3600}, request_only=True)
        ],
    )
    def post(self, request: Request, prefix: str) -> Response:
        """Its label and scopes stay; the old one works a while longer.

        Asked for with a key, the new one is revoked together with that key: let the old one run
        out, rather than revoke it.
        The new secret is shown once and kept nowhere: an Idempotency-Key has no effect here.
        """
        old = get_object_or_404(ApiKey, prefix=prefix, player__in=owned(request))
        form = validated(shapes.RotationSerializer, request)
        now, auth = timezone.now(), request.auth
        expires_at = form.get("expires_at", old.expires_at)
        issued = keys.rotate(
            old,
            overlap=timedelta(seconds=form["overlap_s"]),
            expires_at=bounded(auth, scopes=old.scopes, expires_at=expires_at, now=now),
            by=auth if isinstance(auth, ApiKey) else None,
            now=now,
        )
        body = shapes.KeySerializer(issued.key).data
        return Response(body | {"secret": issued.secret}, status=201)


def owned(request: Request) -> QuerySet[Player]:
    """A session's own human player and bots; of a key, its player alone."""
    if isinstance(request.auth, ApiKey):
        return Player.objects.filter(pk=request.auth.player_id)
    if not isinstance(request.user, User):
        return Player.objects.none()
    return Player.objects.filter(user=request.user, kind__in=[Kind.HUMAN, Kind.BOT])


def issue(request: Request, player: Player, form: dict[str, Any]) -> IssuedKey:
    """:raises league.heirs.KeyTooStrong: or league.keys.KeyRejected."""
    now = timezone.now()
    wish = {"scopes": form["scopes"], "expires_at": form["expires_at"]}
    form |= {"expires_at": bounded(request.auth, now=now, **wish)}
    if isinstance(request.auth, ApiKey):
        return heirs.pass_on(request.auth, now=now, **form)
    return keys.issue(player=player, now=now, **form)


def bounded(
    auth: object, *, scopes: Sequence[str], expires_at: datetime | None, now: datetime
) -> datetime | None:
    """When a key ends that is asked for with a key, a token or a session.

    A key gives away no more than it has, a token no more, and for no longer than thirty days.
    :raises league.heirs.KeyTooStrong: for more.
    """
    until = None
    if isinstance(auth, ApiKey):
        until = auth.expires_at
    elif isinstance(auth, Claims):
        until = now + KEY_LIFETIME
        expires_at = expires_at or until
    if isinstance(auth, permissions.BEARERS):
        heirs.refuse_stronger(scopes, expires_at, than=auth.scopes, until=until)
    return expires_at
