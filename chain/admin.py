"""Read-only windows on what was anchored: nothing here may be edited by anybody."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from chain.models import Anchor, Attempt, LedgerEntry, Sender, Transaction


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


@admin.register(Sender)
class SenderAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """`manage.py chain_reconcile` ends a halt."""

    list_display = ("address", "chain_id", "next_nonce", "halted")
    ordering = ("pk",)


class AttemptInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Attempt
    fields = ("hash", "nonce", "max_fee", "tip", "is_filler", "signed_at", "sent_at", "sends")
    ordering = ("pk",)
    extra = 0


@admin.register(Transaction)
class TransactionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "fate", "network", "nonce", "block_number", "failure", "requested_at")
    list_filter = ("fate", "network")
    search_fields = ("hash", "attempts__hash")
    exclude = ("data",)
    inlines = (AttemptInline,)
    ordering = ("-pk",)
