"""Signing up without a browser, and whom an address belongs to: off unless it is enabled."""

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chain import addresses
from league import keys, players, registrations
from league.models import Player
from league.models.player import Kind
from league.serializers import players as shapes
from league.views.players import validated


class Register(APIView):
    """Sign up without a browser, as a person or as a bot (off unless the operator enables it).

    The answer holds a secret, so it is not kept: an Idempotency-Key has no effect here.
    """

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="user_register",
        tags=["users"],
        request=shapes.RegistrationSerializer,
        responses={201: shapes.RegisteredSerializer},
        examples=[
            OpenApiExample(
                "A person by address",
                {"address": "0x00000000000000000000000000000000000000a1", "handle": "ada"},
                request_only=True,
            ),
            OpenApiExample(
                "A bot that will have webhooks",
                {"handle": "ada-bot", "kind": "bot", "scopes": list(keys.SCOPES)},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        require_registration()
        form = validated(shapes.RegistrationSerializer, request)
        address: str | None = form.get("address")
        handle = form.get("handle") or handle_of(address or "")
        registered = registrations.register(
            profile=players.Profile(handle, form.get("name") or handle, address),
            now=timezone.now(),
            is_bot=form["kind"] == Kind.BOT,
            scopes=form["scopes"],
        )
        body = shapes.UserSerializer(registered.player).data
        return Response(body | {"api_key": registered.secret}, status=201)


class UserDetail(APIView):
    """The player behind a wallet address (off unless the operator enables registration)."""

    @extend_schema(operation_id="user_read", tags=["users"], responses=shapes.UserSerializer)
    def get(self, request: Request, address: str) -> Response:
        del request
        require_registration()
        try:
            wallet = addresses.normalise(address)
        except addresses.InvalidAddress as error:
            raise exceptions.ValidationError({"address": [str(error)]}) from error
        player: Player = get_object_or_404(listed(), wallet_address=wallet)
        return Response(shapes.UserSerializer(player).data)


def handle_of(address: str) -> str:
    """Whoever names no handle is called by the address."""
    return f"w-{address[2:]}"[:40].rstrip("-")


def listed() -> QuerySet[Player]:
    return Player.objects.filter(kind__in=[Kind.HUMAN, Kind.BOT])


def require_registration() -> None:
    """:raises django.http.Http404: unless ENABLE_USER_REGISTRATION is set."""
    if not settings.ENABLE_USER_REGISTRATION:
        raise Http404("Registration is not enabled here.")
