"""Other applications' desks: django-celery-beat's with forms that refuse what its own would fall
over, and django-axes' without what failed sign-ins sent.
"""

from typing import Any

from axes.models import AccessAttempt
from celery.schedules import ParseException
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django_celery_beat import admin as beat
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from league.admin.record import RecordAdmin

PARTS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


class Unprompted:
    """Default values are not sent along hidden: what came back would be read unchecked."""

    fields: dict[str, forms.Field]

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for field in self.fields.values():
            field.show_hidden_initial = False


class TaskForm(Unprompted, beat.PeriodicTaskForm):
    def clean_regtask(self) -> Any:
        """It becomes `task` unlooked at: PostgreSQL stores neither NUL nor more than it has."""
        value = self.cleaned_data["regtask"]
        self.fields["task"].run_validators(value)
        return value

    def clean(self) -> Any:
        """The parent reads fields that may have been refused before."""
        return self.cleaned_data if self.errors else super().clean()

    def clean_headers(self) -> Any:
        """Left empty it would be NULL, which the column is not."""
        return self.cleaned_data["headers"] or "{}"

    def _clean_json(self, field: str) -> Any:
        try:
            return super()._clean_json(field)
        except RecursionError as error:
            raise ValidationError("Nested too deeply.") from error


class CrontabForm(Unprompted, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    def clean(self) -> Any:
        """The model's validators let through what Celery cannot read, and its page fails on it."""
        for part in PARTS:
            value = self.cleaned_data.get(part)
            try:
                _ = CrontabSchedule(**{part: value}).schedule if value else None
            except (ParseException, ValueError):
                self.add_error(part, "Celery cannot read this.")
        return super().clean()


@admin.register(AccessAttempt)
class AttemptAdmin(RecordAdmin):
    """Who failed to sign in within a day: deleting a row lets them try again at once."""

    list_display = fields = ("username", "ip_address", "failures_since_start", "attempt_time")
    search_fields = ("username", "ip_address")
    ordering = ("-attempt_time",)

    def has_delete_permission(self, request: HttpRequest, *_: Any, **__: Any) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")


admin.site.unregister([CrontabSchedule, PeriodicTask])


@admin.register(PeriodicTask)
class TaskAdmin(beat.PeriodicTaskAdmin):
    form = TaskForm
    change_form_template = "admin/change_form.html"  # its own has a script in the page


@admin.register(CrontabSchedule)
class CrontabAdmin(beat.CrontabScheduleAdmin):
    form = CrontabForm
