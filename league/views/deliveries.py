"""What was sent to a webhook of one's own, and sending it again."""

from uuid import UUID

import django_guid
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import filters, permissions
from league.models import Delivery
from league.serializers import webhooks as shapes
from league.views.webhooks import mine
from league.webhooks import deliveries


class Ping(APIView):
    """A test of a webhook."""

    permission_classes = (permissions.WebhookScoped,)

    @extend_schema(
        operation_id="webhook_ping",
        tags=["webhooks"],
        request=None,
        responses={202: shapes.DeliverySerializer},
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Send it `webhook.ping` within seconds; one that has not arrived yet is sent no twin."""
        asked_by = django_guid.get_guid() or ""
        webhook = mine(request, webhook_id)
        delivery = deliveries.ping(webhook, now=timezone.now(), request_id=asked_by)
        return Response(shapes.DeliverySerializer(delivery).data, status=202)


@extend_schema_view(get=extend_schema(operation_id="webhook_deliveries", tags=["webhooks"]))
class DeliveryList(generics.ListAPIView[Delivery]):
    """Everything sent to a webhook in the last month, newest first."""

    permission_classes = (permissions.WebhookScoped,)
    queryset = Delivery.objects.none()
    serializer_class = shapes.DeliverySerializer
    filterset_class = filters.DeliveryFilter
    ordering = ("-pk",)

    def get_queryset(self) -> QuerySet[Delivery]:
        return Delivery.objects.filter(webhook=mine(self.request, self.kwargs["webhook_id"]))


class DeliveryDetail(APIView):
    """One delivery with its log: every attempt and what became of it."""

    permission_classes = (permissions.WebhookScoped,)

    @extend_schema(
        operation_id="webhook_delivery",
        tags=["webhooks"],
        responses=shapes.DeliveryDetailSerializer,
    )
    def get(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> Response:
        delivery = sent(request, webhook_id, delivery_id)
        return Response(shapes.DeliveryDetailSerializer(delivery).data)


class Replay(APIView):
    """An ended delivery, sent once more."""

    permission_classes = (permissions.WebhookScoped,)

    @extend_schema(
        operation_id="webhook_replay",
        tags=["webhooks"],
        request=None,
        responses={202: shapes.DeliveryDetailSerializer},
    )
    def post(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> Response:
        """The same message under the same id, by the whole schedule again."""
        delivery = sent(request, webhook_id, delivery_id)
        asked_by = django_guid.get_guid() or ""
        deliveries.replay(delivery, now=timezone.now(), request_id=asked_by)
        delivery.refresh_from_db()
        return Response(shapes.DeliveryDetailSerializer(delivery).data, status=202)


def sent(request: Request, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    own = Delivery.objects.filter(webhook=mine(request, webhook_id))
    found: Delivery = get_object_or_404(own, pk=delivery_id)
    return found
