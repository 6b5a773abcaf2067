"""Who competes, and registering oneself or a bot."""

from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import exceptions, generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import (
    answers,
    authentication,
    filters,
    permissions,
    players,
)
from league.inputs import StrictSerializer
from league.models import Player
from league.serializers import players as shapes
from league.views import idempotency


@extend_schema_view(get=extend_schema(operation_id="player_list", tags=["players"]))
class PlayerList(generics.ListAPIView[Player]):
    """Everybody who competes, in order of registration."""

    queryset = Player.objects.all()
    serializer_class = shapes.PlayerSerializer
    filterset_class = filters.PlayerFilter
    ordering = ("pk",)


@extend_schema_view(get=extend_schema(operation_id="player_read", tags=["players"]))
class PlayerDetail(generics.RetrieveAPIView[Player]):
    """One player."""

    queryset = Player.objects.all()
    serializer_class = shapes.PlayerSerializer
    lookup_field = "handle"


class Me(APIView):
    """The player you are; POST registers one for a signed-in account that has none."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(operation_id="player_me", tags=["players"], responses=shapes.MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(shapes.MeSerializer(authentication.player_of(request)).data)

    @extend_schema(
        operation_id="player_register",
        tags=["players"],
        request=shapes.ProfileSerializer,
        parameters=idempotency.PARAMETERS,
        responses={201: shapes.MeSerializer},
        examples=[OpenApiExample("Yourself", {"handle": "ada", "name": "Ada"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        form = validated(shapes.ProfileSerializer, request)
        act = partial(
            players.register_human,
            profile=players.Profile(**form),
            user=person(request),
            now=timezone.now(),
        )
        return idempotency.answer(
            request,
            act=partial(answers.together, act),
            show=lambda player: Response(shapes.MeSerializer(player).data, status=201),
        )


class MyBots(APIView):
    """Your bots: each competes with keys of its own; one of them, the primary, is ranked."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(
        operation_id="bot_register",
        tags=["players"],
        request=shapes.BotSerializer,
        parameters=idempotency.PARAMETERS,
        responses={201: shapes.PlayerSerializer},
        examples=[
            OpenApiExample(
                "A bot",
                {"handle": "ada-bot", "name": "Ada's bot", "is_primary": True},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        form = validated(shapes.BotSerializer, request)
        is_primary = form.pop("is_primary")
        act = partial(
            players.register_bot,
            profile=players.Profile(**form),
            owner=person(request),
            now=timezone.now(),
            is_primary=is_primary,
        )
        return idempotency.answer(
            request,
            act=partial(answers.together, act),
            show=lambda player: Response(shapes.PlayerSerializer(player).data, status=201),
        )


def validated(shape: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """:raises rest_framework.exceptions.ValidationError: naming each wrong field."""
    form = shape(data=request.data)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def person(request: Request) -> User:
    """:raises rest_framework.exceptions.PermissionDenied: for a key without an account."""
    if not isinstance(request.user, User):
        raise exceptions.PermissionDenied("This key's player has no account.")
    return request.user
