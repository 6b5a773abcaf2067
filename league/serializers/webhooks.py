"""Webhooks and their deliveries from outside: the secret only once."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from league.inputs import StrictSerializer
from league.models import Attempt, Delivery, Webhook
from league.models.delivery import SUBSCRIBABLE
from league.models.webhook import Stopped
from league.webhooks import messages, targets


class SafeUrlField(serializers.CharField):
    """Judged as far as it tells; what its name resolves to is judged at every attempt."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=targets.LONGEST, trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        url = super().to_internal_value(data)
        try:
            targets.read(url, allow_loopback=settings.WEBHOOK_LOOPBACK)
        except targets.UnsafeTarget as error:
            raise serializers.ValidationError(str(error), code="unsafe_target") from error
        return url


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=SUBSCRIBABLE), read_only=True
    )

    stopped = serializers.ChoiceField(
        choices=[("", "It is active."), *Stopped.choices], read_only=True
    )
    old_secret_until = serializers.DateTimeField(
        source="old_salt_until",
        read_only=True,
        allow_null=True,
        help_text="Until then messages carry a signature by the former secret, too.",
    )

    class Meta:
        model = Webhook
        fields = [
            "id", "url", "description", "events", "is_active", "stopped", "failing_since",
            "old_secret_until", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class IssuedWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField(
        read_only=True, help_text="whsec_ and base64, as Standard Webhooks has it. Shown once."
    )

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = fields


class NewWebhookSerializer(StrictSerializer):
    url = SafeUrlField(help_text="https://, port 443, 80, or 1024 and above.")
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=SUBSCRIBABLE),
        min_length=1,
        max_length=len(SUBSCRIBABLE),
    )
    description = serializers.CharField(max_length=60, allow_blank=True, default="")


class ChangedWebhookSerializer(StrictSerializer):
    url = SafeUrlField(required=False)
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=SUBSCRIBABLE),
        min_length=1,
        max_length=len(SUBSCRIBABLE),
        required=False,
    )
    description = serializers.CharField(max_length=60, allow_blank=True, required=False)
    is_active = serializers.BooleanField(required=False)


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    class Meta:
        model = Attempt
        fields = ["at", "outcome", "status", "took_ms"]
        read_only_fields = fields


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    message_id = serializers.SerializerMethodField(help_text="The webhook-id of every attempt.")
    timestamp = serializers.DateTimeField(source="at", read_only=True)
    next_attempt_at = serializers.DateTimeField(source="due_at", read_only=True, allow_null=True)

    class Meta:
        model = Delivery
        fields = [
            "id", "message_id", "type", "timestamp", "data", "status", "next_attempt_at",
            "created_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_message_id(self, delivery: Delivery) -> str:
        return messages.message_id(delivery)


class DeliveryDetailSerializer(DeliverySerializer):
    attempts = serializers.SerializerMethodField(help_text="Oldest first.")

    class Meta(DeliverySerializer.Meta):
        fields = [*DeliverySerializer.Meta.fields, "attempts"]
        read_only_fields = fields

    @extend_schema_field(AttemptSerializer(many=True))
    def get_attempts(self, delivery: Delivery) -> list[dict[str, Any]]:
        rows = Attempt.objects.filter(delivery=delivery).order_by("pk")
        return list(AttemptSerializer(rows, many=True).data)
