"""An operator's step in the life of a round, or of a model: a page that asks why, then one
domain call a row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from league import operations

MOST = 200
CONFIRMED = "_confirmed"


class ReleaseForm(forms.Form):
    """Nothing to say: the round goes on as if nothing had happened."""


class ReasonForm(forms.Form):
    reason = forms.CharField(
        min_length=operations.LEAST_REASON,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
        help_text=f"Public; at least {operations.LEAST_REASON} characters.",
    )


class VoidForm(ReasonForm):
    word = forms.CharField(label="Type VOID", max_length=4, help_text="There is no way back.")

    def clean_word(self) -> str:
        word: str = self.cleaned_data["word"]
        if word != "VOID":
            raise ValidationError("Type VOID in capitals to confirm.")
        return word


@dataclass(frozen=True, slots=True)
class Intervention:
    """`verb` is the domain's; `done` says in the past tense what happened."""

    action: str
    title: str
    done: str
    form: type[forms.Form]
    verb: Callable[..., bool]


HOLD = Intervention("hold", "Hold rounds", "held", ReasonForm, operations.hold)
RELEASE = Intervention("release", "Release rounds", "released", ReleaseForm, operations.release)
ACCEPT = Intervention("accept", "Accept big moves", "accepted", ReasonForm, operations.accept)
VOID = Intervention("void", "Void rounds", "void", VoidForm, operations.void)


def carry_out(
    desk: "admin.ModelAdmin[Any]",
    request: HttpRequest,
    *,
    chosen: QuerySet[Any],
    what: Intervention,
) -> HttpResponse | None:
    """The page that asks, or the deed when it was answered well."""
    rows = list(chosen[: MOST + 1])
    if len(rows) > MOST:
        desk.message_user(request, f"Choose at most {MOST}.", messages.ERROR)
        return None
    is_answered = CONFIRMED in request.POST
    form = what.form(request.POST if is_answered else None)
    if is_answered and form.is_valid():
        words = {name: form.cleaned_data[name] for name in form.fields if name == "reason"}
        deed = {"actor": request.user.get_username()[:60], "now": timezone.now(), **words}
        faults = [_try(what, row, deed) for row in rows]
        report(desk, request, faults=faults, done=what.done)
        return None
    return TemplateResponse(
        request,
        "admin/league/round/intervention.html",
        {
            **desk.admin_site.each_context(request),
            "title": what.title,
            "opts": desk.opts,
            "media": desk.media,
            "form": form,
            "rows": rows,
            "action": what.action,
            "confirmed": CONFIRMED,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        },
    )


def report(
    desk: "admin.ModelAdmin[Any]", request: HttpRequest, *, faults: list[str], done: str
) -> None:
    """One line of success, one for each round that was not moved."""
    count = sum(not fault for fault in faults)
    if count:
        desk.message_user(request, f"{count} {done}.", messages.SUCCESS)
    for fault in filter(None, faults):
        desk.message_user(request, fault, messages.ERROR)


def _try(what: Intervention, row: Model, deed: dict[str, str | datetime]) -> str:
    """Empty when it was done, else why not."""
    try:
        moved = what.verb(row, **deed)
    except (operations.NotPossible, operations.ReasonTooShort) as refusal:
        return f"{row}: {refusal}"
    return "" if moved else f"{row}: it moved on meanwhile; look again."
