"""Entries, commitments and scores: windows only. What is sealed is sealed from admins, too."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from league.admin.record import RecordAdmin, RecordInline
from league.models import Round
from predictions.models import (
    Aggregate,
    Commitment,
    Prediction,
    Revision,
    Score,
    Spending,
    Tally,
)

SEALED = "sealed until the lock"
NUMBERS = ("shown_form", "shown_p10", "shown_p50", "shown_p90")


def is_sealed(round_: Round) -> bool:
    return round_.is_sealed(now=timezone.now())


class Unsealing:
    """Columns that stay empty of any number until the round has locked."""

    def round_of(self, word: Any) -> Round:
        round_: Round = word.round
        return round_

    def unsealed(self, word: Any, column: str) -> str:
        return SEALED if is_sealed(self.round_of(word)) else str(getattr(word, column))

    @admin.display(description="form")
    def shown_form(self, word: Any) -> str:
        form, basis = self.unsealed(word, "form"), self.unsealed(word, "basis")
        return form if form == SEALED else f"{form}, {basis}"

    @admin.display(description="p10")
    def shown_p10(self, word: Any) -> str:
        return self.unsealed(word, "p10")

    @admin.display(description="p50")
    def shown_p50(self, word: Any) -> str:
        return self.unsealed(word, "p50")

    @admin.display(description="p90")
    def shown_p90(self, word: Any) -> str:
        return self.unsealed(word, "p90")


class RevisionInline(Unsealing, RecordInline):
    model = Revision
    fields = ("revision", "accepted_at", *NUMBERS)
    readonly_fields = fields
    ordering = ("revision",)
    verbose_name_plural = "earlier words"

    def round_of(self, word: Any) -> Round:
        round_: Round = word.prediction.round
        return round_


@admin.register(Prediction)
class PredictionAdmin(Unsealing, RecordAdmin):
    list_display = ("round", "player", "accepted_at", "revision", *NUMBERS, "is_withdrawn")
    list_display_links = ("round", "player")
    fields = (
        "id", "round", "player", "accepted_at", "revision", "is_withdrawn", *NUMBERS,
        "shown_reasoning", "shown_cost", "shown_digest",
    )  # fmt: skip
    readonly_fields = fields
    list_filter = ("round__status", "round__season", "round__horizon", "player__kind")
    list_select_related = ("round", "player")
    search_fields = ("player__handle",)
    ordering = ("-pk",)
    inlines = (RevisionInline,)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the filters shown: `?p50__gt=` would read a sealed number bit by bit."""
        del value, request
        return lookup.startswith(tuple(str(name) for name in self.list_filter))

    @admin.display(description="reasoning")
    def shown_reasoning(self, prediction: Prediction) -> str:
        return self.unsealed(prediction, "reasoning")

    @admin.display(description="cost")
    def shown_cost(self, prediction: Prediction) -> str:
        """Of an AI player's entry: a person's has none."""
        if is_sealed(prediction.round):
            return SEALED
        return str(getattr(prediction, "cost", "-"))

    @admin.display(description="digest")
    def shown_digest(self, prediction: Prediction) -> str:
        return SEALED if is_sealed(prediction.round) else bytes(prediction.digest).hex()


@admin.register(Commitment)
class CommitmentAdmin(RecordAdmin):
    list_display = ("round", "count", "root", "committed_at")
    list_select_related = ("round",)
    list_filter = ("round__season", "round__horizon")
    search_fields = ("root", "round_key")
    ordering = ("-committed_at",)


@admin.register(Aggregate)
class AggregateAdmin(RecordAdmin):
    list_display = ("round", "kind", "count", "low_bp", "middle_bp", "high_bp")
    list_select_related = ("round",)
    list_filter = ("kind", "round__season", "round__horizon")
    ordering = ("-pk",)


@admin.register(Score)
class ScoreAdmin(RecordAdmin):
    list_display = ("round", "player", "settlement_version", "seq", "points_milli")
    list_select_related = ("round", "player")
    list_filter = ("round__season", "round__horizon", "player__kind")
    search_fields = ("player__handle",)
    ordering = ("-pk",)


@admin.register(Tally)
class TallyAdmin(RecordAdmin):
    list_display = ("season", "horizon", "player", "rounds", "points_milli")
    list_select_related = ("season", "player")
    list_filter = ("season", "horizon", "player__kind")
    search_fields = ("player__handle",)
    ordering = ("-season", "horizon", "-points_milli", "pk")


@admin.register(Spending)
class SpendingAdmin(RecordAdmin):
    list_display = ("day", "calls", "tokens", "micro_usd")
    ordering = ("-day",)
