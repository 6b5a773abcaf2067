"""API keys: who holds one and whether it still works; never the secret nor its hash."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from league import keys
from league.admin.record import RecordAdmin
from league.models import ApiKey

SHOWN = (
    "prefix", "player", "label", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at"
)  # fmt: skip


@admin.register(ApiKey)
class ApiKeyAdmin(RecordAdmin):
    list_display = SHOWN
    fields = SHOWN
    list_filter = ("player__kind", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("player",)
    search_fields = ("prefix", "player__handle")
    ordering = ("-pk",)
    actions = ("revoke",)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("league.change_apikey")

    @admin.action(description="Revoke the selected keys for ever", permissions=["operate"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        now = timezone.now()
        revoked = sum(keys.revoke(key, now=now) for key in chosen)
        self.message_user(request, f"{revoked} revoked.", messages.SUCCESS)
