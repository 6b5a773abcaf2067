"""Whose account an issuer's identity opens: linked and unlinked by an organiser, never edited."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from league.admin.record import CheckedActions
from league.models import Identity

SHOWN = ("issuer", "subject", "user", "created_at")


@admin.register(Identity)
class IdentityAdmin(CheckedActions):
    list_display = SHOWN
    fields = ("issuer", "subject", "user")
    list_select_related = ("user",)
    search_fields = ("subject", "user__username")
    raw_id_fields = ("user",)
    ordering = ("-pk",)
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, *_: Any, **__: Any) -> bool:
        del request
        return False

    def save_model(self, request: HttpRequest, obj: Identity, *rest: Any) -> None:
        obj.created_at = timezone.now()
        super().save_model(request, obj, *rest)
