"""Rounds: read-only, except for what an operator may do with a reason on record."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from league import operations
from league.admin import interventions
from league.admin.record import RecordAdmin, RecordInline
from league.models import Round, RoundEvent


class EventInline(RecordInline):
    model = RoundEvent
    fields = ("version", "from_status", "to_status", "at", "reason", "actor")
    readonly_fields = fields
    ordering = ("version",)
    verbose_name_plural = "transitions"


@admin.register(Round)
class RoundAdmin(RecordAdmin):
    list_display = (
        "asset_id", "horizon", "season", "status", "opens_at", "locks_at", "settles_at",
        "reference_price", "settlement_price", "hold_reason", "attempts",
    )  # fmt: skip
    list_display_links = ("asset_id", "horizon")
    fields = (
        "id", "season", "asset", "horizon", "status", "version", "opens_at", "locks_at",
        "settles_at", "reference_price", "sigma_bp", "width", "is_sigma_borrowed",
        "settlement_price", "outcome_bp", "finalized_at", "hold_reason", "is_operator_held",
        "retry_at", "attempts",
    )  # fmt: skip
    list_filter = ("status", "season", "asset", "horizon", "is_operator_held")
    list_select_related = ("season",)
    date_hierarchy = "locks_at"
    ordering = ("-locks_at", "-pk")
    inlines = (EventInline,)
    actions = ("hold", "release", "accept", "void", "revive")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("league.change_round")

    @admin.action(description="Hold: stop until released", permissions=["operate"])
    def hold(self, request: HttpRequest, chosen: QuerySet[Round]) -> HttpResponse | None:
        return interventions.carry_out(self, request, chosen=chosen, what=interventions.HOLD)

    @admin.action(description="Release: let it go on", permissions=["operate"])
    def release(self, request: HttpRequest, chosen: QuerySet[Round]) -> HttpResponse | None:
        return interventions.carry_out(self, request, chosen=chosen, what=interventions.RELEASE)

    @admin.action(description="Accept: vouch for a big move", permissions=["operate"])
    def accept(self, request: HttpRequest, chosen: QuerySet[Round]) -> HttpResponse | None:
        return interventions.carry_out(self, request, chosen=chosen, what=interventions.ACCEPT)

    @admin.action(description="Void: end without scores", permissions=["operate"])
    def void(self, request: HttpRequest, chosen: QuerySet[Round]) -> HttpResponse | None:
        return interventions.carry_out(self, request, chosen=chosen, what=interventions.VOID)

    @admin.action(description="Revive: try again what failed five times", permissions=["operate"])
    def revive(self, request: HttpRequest, chosen: QuerySet[Round]) -> None:
        revived = sum(operations.revive(round_) for round_ in chosen)
        self.message_user(request, f"{revived} of the chosen rounds will be tried again.")
