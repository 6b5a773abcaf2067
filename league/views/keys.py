"""API keys of one's own players: list, issue, revoke."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import exceptions, generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import authentication, keys, permissions
from league.models import ApiKey, Player
from league.models.player import Kind
from league.serializers import keys as shapes
from league.views.players import validated


@extend_schema_view(get=extend_schema(operation_id="key_list", tags=["keys"]))
class KeyList(generics.ListAPIView[ApiKey]):
    """The keys of your players; a key sees only its own player's.

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
        refuse_escalation(request.auth, form)
        issued = keys.issue(
            player=player or authentication.player_of(request), now=timezone.now(), **form
        )
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

        The new secret is shown once and kept nowhere: an Idempotency-Key has no effect here.
        """
        old = get_object_or_404(ApiKey, prefix=prefix, player__in=owned(request))
        form = validated(shapes.RotationSerializer, request)
        expires_at = form.get("expires_at", old.expires_at)
        refuse_escalation(request.auth, {"scopes": old.scopes, "expires_at": expires_at})
        overlap = timedelta(seconds=form["overlap_s"])
        issued = keys.rotate(old, overlap=overlap, expires_at=expires_at, now=timezone.now())
        body = shapes.KeySerializer(issued.key).data
        return Response(body | {"secret": issued.secret}, status=201)


def owned(request: Request) -> QuerySet[Player]:
    """A session's own human player and bots; of a key, its player alone."""
    if isinstance(request.auth, ApiKey):
        return Player.objects.filter(pk=request.auth.player_id)
    if not isinstance(request.user, User):
        return Player.objects.none()
    return Player.objects.filter(user=request.user, kind__in=[Kind.HUMAN, Kind.BOT])


def refuse_escalation(auth: object, form: dict[str, Any]) -> None:
    """A key may make keys no stronger and no longer lived than itself.

    :raises rest_framework.exceptions.PermissionDenied: otherwise.
    """
    if not isinstance(auth, ApiKey):
        return
    is_wider = not set(form["scopes"]) <= set(auth.scopes)
    is_longer = auth.expires_at is not None and (
        form["expires_at"] is None or form["expires_at"] > auth.expires_at
    )
    if is_wider or is_longer:
        raise exceptions.PermissionDenied("A key cannot issue a stronger key than itself.")
