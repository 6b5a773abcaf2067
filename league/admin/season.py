"""Seasons: shown round by round before they are made; afterwards only paused and resumed."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from league import seasons
from league.admin import foresight
from league.admin.season_form import SeasonForm
from league.models import Season

PINNED = (
    "league", "slug", "name", "price_mode", "starts_at", "ends_at", "rules", "rules_hash",
    "created_at", "finished_at", "upcoming",
)  # fmt: skip
SEEN = "_seen"


@admin.register(Season)
class SeasonAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    list_display = ("name", "league", "price_mode", "starts_at", "ends_at", "is_paused")
    list_filter = ("price_mode", "is_paused", "league")
    list_select_related = ("league",)
    search_fields = ("name", "slug")
    ordering = ("-starts_at", "-pk")
    add_form_template = "admin/league/season/add.html"

    def get_form(
        self, request: HttpRequest, obj: Season | None = None, *args: Any, **kwargs: Any
    ) -> "type[ModelForm[Season]]":
        if obj is None:
            kwargs["form"] = SeasonForm
        form: type[ModelForm[Season]] = super().get_form(request, obj, *args, **kwargs)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Nothing from the address: the date widgets fail on text."""
        del request
        return {}

    def get_fields(self, request: HttpRequest, obj: Season | None = None) -> tuple[str, ...]:
        del request
        return ("is_paused", *PINNED) if obj else SeasonForm.Meta.fields

    def get_readonly_fields(
        self, request: HttpRequest, obj: Season | None = None
    ) -> tuple[str, ...]:
        del request
        return PINNED if obj else ()

    @admin.display(description="Next rounds")
    def upcoming(self, season: Season) -> SafeString:
        outlook = foresight.outlook(
            rules=season.pinned,
            starts_at=max(season.starts_at, timezone.now()),
            ends_at=season.ends_at,
        )
        return render_to_string("admin/league/season/outlook.html", {"outlook": outlook})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Nothing is made before its rounds were seen, exactly as they will be."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            form = self.get_form(request)(request.POST)
            if form.is_valid() and request.POST.get(SEEN) != fingerprint(form):
                return self._preview(request, form)
        return super().add_view(request, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Season, *args: Any, **kwargs: Any) -> None:
        if not obj.rules_hash:
            seasons.pin(obj)
        super().save_model(request, obj, *args, **kwargs)

    def has_delete_permission(self, *_: Any, **__: Any) -> bool:
        """Rounds, scores and proofs refer to it."""
        return False

    def _preview(self, request: HttpRequest, form: "ModelForm[Season]") -> HttpResponse:
        sets: list[Any] = list(self.get_fieldsets(request))
        shown = helpers.AdminForm(form, sets, {}, (), self)
        context = {
            **self.admin_site.each_context(request),
            "title": "Add season: these are its rounds",
            "adminform": shown,
            "inline_admin_formsets": [],
            "errors": [],
            "media": self.media + shown.media,
            "is_popup": False,
            "to_field": None,
            "outlook": foresight.of_plan(form.cleaned_data),
            "seen_name": SEEN,
            "seen": fingerprint(form),
        }
        return self.render_change_form(request, context, add=True)


def fingerprint(form: "ModelForm[Season]") -> str:
    """What the person looked at: a change of plan or of the league's rules shows it anew."""
    return foresight.fingerprint(form.cleaned_data)
