"""Models: looked at, and promoted, retired or rolled back by an operator who says why."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from league.admin import interventions
from league.admin.interventions import Intervention, ReasonForm
from league.admin.record import RecordAdmin
from predictions import retraining, succession
from predictions.models import Apprenticeship, ModelVersion, Trial

PROMOTE = Intervention("promote", "Promote shadows", "promoted", ReasonForm, succession.promote)
RETIRE = Intervention("retire", "Retire models", "retired", ReasonForm, succession.retire)
ROLL_BACK = Intervention(
    "roll_back", "Roll champions back", "rolled back", ReasonForm, succession.roll_back
)
TRAIN = Intervention("train", "Train challengers now", "asked for", ReasonForm, retraining.ask)


class Operated:
    """Actions that need more than looking."""

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("predictions.change_modelversion")


@admin.register(ModelVersion)
class ModelVersionAdmin(Operated, RecordAdmin):
    list_display = (
        "__str__", "price_mode", "status", "trained_at", "rows", "skill", "coverage", "reason",
    )  # fmt: skip
    list_filter = ("status", "family", "horizon", "price_mode")
    exclude = ("artifact",)
    ordering = ("-pk",)
    actions = ("promote", "retire", "roll_back")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        found: QuerySet[ModelVersion] = super().get_queryset(request)
        return found.defer("artifact")

    @admin.display(description="WIS skill, % (unseen)")
    def skill(self, version: ModelVersion) -> str:
        found = version.metrics.get("validation", {}).get("wis_skill_pct")
        return "" if found is None else f"{found:+.2f}"

    @admin.display(description="coverage of 60 locks")
    def coverage(self, version: ModelVersion) -> str:
        found = version.drift.get("coverage")
        return "" if found is None else f"{found:.1%}"

    @admin.action(description=PROMOTE.title, permissions=["operate"])
    def promote(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return interventions.carry_out(self, request, chosen=chosen, what=PROMOTE)

    @admin.action(description=RETIRE.title, permissions=["operate"])
    def retire(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return interventions.carry_out(self, request, chosen=chosen, what=RETIRE)

    @admin.action(description=ROLL_BACK.title, permissions=["operate"])
    def roll_back(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return interventions.carry_out(self, request, chosen=chosen, what=ROLL_BACK)


@admin.register(Apprenticeship)
class ApprenticeshipAdmin(Operated, RecordAdmin):
    list_display = ("horizon", "price_mode", "next_at", "leased_until", "failures", "last_error")
    ordering = ("price_mode", "horizon")
    actions = ("train",)

    @admin.action(description=TRAIN.title, permissions=["operate"])
    def train(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return interventions.carry_out(self, request, chosen=chosen, what=TRAIN)


@admin.register(Trial)
class TrialAdmin(RecordAdmin):
    list_display = ("version", "round", "entered_at", "high_bp", "points_milli", "pit_bin")
    list_select_related = ("version", "round")
    list_filter = ("version__horizon", "version__family", "version__status")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Trial]:
        found: QuerySet[Trial] = super().get_queryset(request)
        return found.defer("version__artifact")
