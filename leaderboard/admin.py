"""The published boards, as they stand: made by the table sweep, edited by nobody."""

from django.contrib import admin
from django.db.models import F

from leaderboard.models import Board, Standing
from league.admin.record import RecordAdmin


@admin.register(Board)
class BoardAdmin(RecordAdmin):
    list_display = ("season", "horizon", "version", "rounds", "locks", "decided", "published_at")
    list_display_links = ("season", "horizon")
    list_select_related = ("season",)
    list_filter = ("season", "horizon")
    ordering = ("-season", "horizon")

    @admin.display(description="verdict")
    def decided(self, board: Board) -> str:
        text: str = board.verdict.get("text", "")
        return text


@admin.register(Standing)
class StandingAdmin(RecordAdmin):
    list_display = (
        "rank", "player", "board_season", "board", "rounds", "mean_milli", "rating_milli",
        "low_milli", "high_milli", "coverage", "is_provisional",
    )  # fmt: skip
    list_display_links = ("rank", "player")
    list_select_related = ("player", "board__season")
    list_filter = ("board__season", "board__horizon", "player__kind", "is_provisional")
    search_fields = ("player__handle",)
    ordering = ("board", F("rank").asc(nulls_last=True), "-rating_milli", "pk")

    @admin.display(description="season")
    def board_season(self, standing: Standing) -> str:
        return standing.board.season.name
