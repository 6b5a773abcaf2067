"""Rows that tell what happened: looked at, never edited by anybody."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import HttpRequest, HttpResponse


class CheckedActions(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    """The admin itself answers 500 to an action on a row whose key is not even a key."""

    def response_action(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """:raises django.core.exceptions.SuspiciousOperation: for such a key; a 400."""
        try:
            return super().response_action(request, *args, **kwargs)
        except (ValidationError, ValueError) as error:
            raise SuspiciousOperation("A chosen row is not one of these.") from error


class RecordAdmin(CheckedActions):
    """May be viewed; only domain verbs, called by actions, change such rows."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        del request
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any, **__: Any) -> bool:
        del request
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any, **__: Any) -> bool:
        del request
        return False


class RecordInline(admin.TabularInline):  # type: ignore[type-arg]  # generic only in the stubs
    """The rows that belong to one row, in the same spirit."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        del request
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any, **__: Any) -> bool:
        del request
        return False
