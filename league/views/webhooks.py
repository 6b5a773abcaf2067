"""Webhooks of one's own account: made, changed, given another secret, removed."""

from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import permissions
from league.models import Webhook
from league.models.webhook import Stopped
from league.serializers import webhooks as shapes
from league.views.players import person, validated
from league.webhooks import endpoints

EXAMPLE: Final[dict[str, Any]] = {
    "url": "https://bot.example.org/league",
    "events": ["round.opened", "prediction.scored"],
    "description": "my bot",
}


@extend_schema_view(get=extend_schema(operation_id="webhook_list", tags=["webhooks"]))
class WebhookList(generics.ListAPIView[Webhook]):
    """The webhooks of your account: at most ten.

    A new one's secret is shown once and kept nowhere: an Idempotency-Key has no effect here.
    """

    permission_classes = (permissions.WebhookScoped,)
    queryset = Webhook.objects.none()
    serializer_class = shapes.WebhookSerializer
    ordering = ("-pk",)

    def get_queryset(self) -> QuerySet[Webhook]:
        return owned(self.request)

    @extend_schema(
        operation_id="webhook_create",
        tags=["webhooks"],
        request=shapes.NewWebhookSerializer,
        responses={201: shapes.IssuedWebhookSerializer},
        examples=[OpenApiExample("For a bot", EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        wanted = endpoints.Wanted(
            origin=f"{request.scheme}://{request.get_host().lower()}",
            **validated(shapes.NewWebhookSerializer, request),
        )
        issued = endpoints.create(account=person(request), wanted=wanted, now=timezone.now())
        return Response(told(issued), status=201)


class WebhookDetail(APIView):
    """One webhook of yours."""

    permission_classes = (permissions.WebhookScoped,)

    @extend_schema(
        operation_id="webhook_read", tags=["webhooks"], responses=shapes.WebhookSerializer
    )
    def get(self, request: Request, webhook_id: UUID) -> Response:
        return Response(shapes.WebhookSerializer(mine(request, webhook_id)).data)

    @extend_schema(
        operation_id="webhook_change",
        tags=["webhooks"],
        request=shapes.ChangedWebhookSerializer,
        responses=shapes.WebhookSerializer,
        examples=[OpenApiExample("Pause", {"is_active": False}, request_only=True)],
    )
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Stopping drops what is on its way; a stopped one that is activated hears of what
        happens from then on.
        """
        webhook = mine(request, webhook_id)
        form = validated(shapes.ChangedWebhookSerializer, request)
        is_active = form.pop("is_active", None)
        if is_active:
            endpoints.activate(webhook)
        elif is_active is not None:
            endpoints.stop(webhook, because=Stopped.OWNER, now=timezone.now())
        changed = endpoints.change(webhook, **form)
        return Response(shapes.WebhookSerializer(changed).data)

    @extend_schema(operation_id="webhook_remove", tags=["webhooks"], responses={204: None})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Its deliveries and their log go with it."""
        endpoints.remove(mine(request, webhook_id))
        return Response(status=204)


class WebhookSecret(APIView):
    """A webhook's secret: replaced, never read."""

    permission_classes = (permissions.WebhookScoped,)

    @extend_schema(
        operation_id="webhook_rotate",
        tags=["webhooks"],
        request=None,
        responses=shapes.IssuedWebhookSerializer,
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Issue a new one, shown once. For 24 hours messages are signed with both."""
        issued = endpoints.rotate(mine(request, webhook_id), now=timezone.now())
        return Response(told(issued))


def owned(request: Request) -> QuerySet[Webhook]:
    """:raises rest_framework.exceptions.PermissionDenied: for a key without an account."""
    return Webhook.objects.filter(account=person(request))


def mine(request: Request, webhook_id: UUID) -> Webhook:
    """Others' webhooks do not exist."""
    found: Webhook = get_object_or_404(owned(request), pk=webhook_id)
    return found


def told(issued: endpoints.Issued) -> dict[str, Any]:
    return shapes.WebhookSerializer(issued.webhook).data | {"secret": issued.secret}
