"""Webhooks and their deliveries: where they stand; of an address its host, of a secret nothing."""

from urllib.parse import urlsplit

import django_guid
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from league.admin.record import RecordAdmin, RecordInline
from league.models import Attempt, Delivery, Webhook
from league.models.webhook import Stopped
from league.webhooks import deliveries, endpoints

SHOWN = (
    "id", "account", "host", "description", "events", "is_active", "stopped", "failing_since",
    "tried_at", "old_salt_until", "created_at",
)  # fmt: skip
SENT = (
    "id", "webhook", "type", "at", "status", "step", "due_at", "created_at", "ended_at",
    "request_id", "data",
)  # fmt: skip


@admin.register(Webhook)
class WebhookAdmin(RecordAdmin):
    list_display = ("id", "account", "host", "is_active", "stopped", "failing_since", "tried_at")
    fields = SHOWN
    readonly_fields = ("host",)
    list_filter = ("is_active", "stopped", ("failing_since", admin.EmptyFieldListFilter))
    list_select_related = ("account",)
    search_fields = ("account__username",)
    ordering = ("-pk",)
    actions = ("stop",)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("league.change_webhook")

    @admin.display(description="Host")
    def host(self, webhook: Webhook) -> str:
        """The rest of an address may be its owner's secret."""
        return urlsplit(webhook.url).netloc

    @admin.action(description="Stop the selected webhooks", permissions=["operate"])
    def stop(self, request: HttpRequest, chosen: QuerySet[Webhook]) -> None:
        now = timezone.now()
        stopped = sum(endpoints.stop(one, because=Stopped.OPERATOR, now=now) for one in chosen)
        self.message_user(request, f"{stopped} stopped.", messages.SUCCESS)


class AttemptInline(RecordInline):
    model = Attempt
    fields = ("at", "outcome", "status", "took_ms")
    readonly_fields = fields
    ordering = ("pk",)


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    list_display = ("id", "webhook", "type", "status", "step", "due_at", "ended_at")
    fields = SENT
    list_filter = ("status", "type")
    list_select_related = ("webhook",)
    ordering = ("-pk",)
    inlines = (AttemptInline,)
    actions = ("replay",)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("league.change_delivery")

    @admin.action(description="Send again what has ended", permissions=["operate"])
    def replay(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        now = timezone.now()
        asked_by = django_guid.get_guid() or ""
        ready = deliveries.replay_all(chosen, now=now, request_id=asked_by)
        self.message_user(request, f"{ready} will be sent again.", messages.SUCCESS)
