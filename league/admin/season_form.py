from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from league import seasons
from league.models import Season
from markets import modes

# Bounds that keep every instant of every round representable.
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


class SeasonForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """A season's plan; its rules are copied from the league when it is made."""

    class Meta:
        model = Season
        fields = ("league", "slug", "name", "price_mode", "starts_at", "ends_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["price_mode"]
        if isinstance(field, forms.TypedChoiceField):
            field.choices = [(mode.value, mode.label) for mode in modes.recorded()]
        field.help_text = "Where prices come from, for the season's whole life."

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._check_times(cleaned.get("starts_at"), cleaned.get("ends_at"))
        if "league" in cleaned:
            try:
                seasons.rules_of(cleaned["league"])
            except seasons.NoAssets as error:
                self.add_error("league", ValidationError(str(error)))
        return cleaned

    def _check_times(self, starts_at: datetime | None, ends_at: datetime | None) -> None:
        if starts_at and not EARLIEST <= starts_at < LATEST:
            self.add_error("starts_at", ValidationError("Give a time from 2020 to 2099."))
        if ends_at and not EARLIEST < ends_at <= LATEST:
            self.add_error("ends_at", ValidationError("Give a time from 2020 to 2099."))
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", ValidationError("A season ends after it starts."))
