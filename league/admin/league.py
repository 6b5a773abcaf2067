"""Leagues: who plays what, how often; every season pins a copy, so edits reach only new ones."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest
from django.utils import timezone

from league import horizons, memberships
from league.admin.record import CheckedActions, RecordInline
from league.models import League, LeagueEvent, Membership
from league.models.league import validate_cadence


class SafeJSONField(forms.JSONField):
    """A number of thousands of digits is a ValueError that Django's own field lets pass.

    Its default is not sent along hidden: what came back would be read unchecked.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"show_hidden_initial": False})

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except ValueError:
            return InvalidJSONInput(data)


class LeagueForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    horizons = forms.MultipleChoiceField(
        choices=[(name, name) for name in horizons.NAMES],
        widget=forms.CheckboxSelectMultiple,
        help_text="How long a round runs from its lock to its settlement.",
    )

    class Meta:
        model = League
        fields = [
            "slug", "name", "description", "visibility", "assets", "horizons", "cadence",
            "settle_deadline_s",
        ]  # fmt: skip
        field_classes = {"cadence": SafeJSONField}
        widgets = {"assets": forms.CheckboxSelectMultiple}
        labels = {"settle_deadline_s": "Settlement deadline, seconds"}
        help_texts = {
            "cadence": "Seconds between the locks of a horizon, whole minutes up to a week, e.g. "
            '{"24h": 43200}. A horizon not named here locks every '
            + ", ".join(f"{one.cadence_s} s ({one.name})" for one in horizons.TABLE.values())
            + ".",
            "assets": "What is predicted; at least one before a season can begin.",
        }

    def clean_cadence(self) -> dict[str, int]:
        """:raises ValidationError: also for the empty values that model validation passes over."""
        value = self.cleaned_data["cadence"]
        if value is None:
            return {}
        validate_cadence(value)
        found: dict[str, int] = value
        return found

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        strange = set(cleaned.get("cadence", ())) - set(cleaned.get("horizons", ()))
        if strange and "horizons" in cleaned:
            self.add_error(
                "cadence", ValidationError(f"{min(strange)} is not a horizon of this league.")
            )
        return cleaned


class MembershipInline(RecordInline):
    """Who belongs to a private league: changed by its owner and operators."""

    model = Membership
    fields = ("user", "role", "joined_at")
    readonly_fields = fields
    ordering = ("pk",)
    verbose_name_plural = "members"


class LeagueEventInline(RecordInline):
    model = LeagueEvent
    fields = ("at", "deed", "actor", "about")
    readonly_fields = fields
    ordering = ("pk",)
    verbose_name_plural = "events"


@admin.register(League)
class LeagueAdmin(CheckedActions):
    form = LeagueForm
    list_display = ("name", "slug", "visibility", "shown_horizons", "scoring_version")
    list_filter = ("visibility",)
    search_fields = ("name", "slug")
    ordering = ("slug",)

    @admin.display(description="Horizons")
    def shown_horizons(self, league: League) -> str:
        return ", ".join(league.horizons)

    def get_inlines(self, request: HttpRequest, obj: League | None) -> list[Any]:
        """Looked at only: nothing of them is sent back with the form."""
        is_seen = obj is not None and request.method == "GET"
        return [MembershipInline, LeagueEventInline] if is_seen else []

    def get_readonly_fields(
        self, request: HttpRequest, obj: League | None = None
    ) -> tuple[str, ...]:
        """A slug is an address: it is chosen once."""
        del request
        return ("slug", "scoring_version", "created_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: League, *args: Any, **kwargs: Any) -> None:
        """A private league always has somebody who can invite others."""
        super().save_model(request, obj, *args, **kwargs)
        if isinstance(request.user, User):
            memberships.adopt(obj, user=request.user, now=timezone.now())
