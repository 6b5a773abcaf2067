from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from markets.models import Asset, Bar, Observation, Quote


@admin.register(Asset)
class AssetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    list_display = ("symbol", "name", "is_active", "divergence_bp", "rank", "coingecko_id")
    list_filter = ("is_active",)
    search_fields = ("symbol", "name")
    ordering = ("rank", "symbol")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Asset | None = None
    ) -> tuple[str, ...]:
        """A symbol is a key: it is chosen once."""
        del request
        return ("symbol",) if obj else ()

    def has_delete_permission(self, *_: Any, **__: Any) -> bool:
        """Deactivate instead: rounds and prices refer to it."""
        return False


class RecordAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    """Evidence: looked at, never touched."""

    show_full_result_count = False

    def has_add_permission(self, *_: Any, **__: Any) -> bool:
        return False

    def has_change_permission(self, *_: Any, **__: Any) -> bool:
        return False

    def has_delete_permission(self, *_: Any, **__: Any) -> bool:
        return False


@admin.register(Bar)
class BarAdmin(RecordAdmin):
    list_display = ("asset_id", "source", "interval", "opened_at", "close", "volume")
    list_filter = ("asset", "source", "interval")
    ordering = ("-id",)


@admin.register(Quote)
class QuoteAdmin(RecordAdmin):
    list_display = ("asset_id", "source", "source_time", "fetched_at", "price")
    list_filter = ("asset", "source")
    ordering = ("-id",)


@admin.register(Observation)
class ObservationAdmin(RecordAdmin):
    list_display = ("asset_id", "source", "instant", "value", "is_valid", "reason", "fetched_at")
    list_filter = ("asset", "source", "is_valid")
    date_hierarchy = "instant"
    ordering = ("-id",)
