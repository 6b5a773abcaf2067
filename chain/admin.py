"""Read-only windows on what was anchored: nothing here may be edited by anybody."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from chain.models import Anchor, LedgerEntry


class ReadOnly:
    """Placed before ModelAdmin: may be looked at, never added, changed or deleted."""

    def has_add_permission(self, _request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, *_: Any) -> bool:
        return False


@admin.register(Anchor)
class AnchorAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("kind", "subject", "version", "count", "status", "requested_at", "anchored_at")
    list_filter = ("status", "kind", "network")
    search_fields = ("subject", "digest")
    ordering = ("-pk",)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("seq", "kind", "subject", "count", "at", "head")
    list_filter = ("kind",)
    search_fields = ("subject", "digest", "head")
    ordering = ("-seq",)
