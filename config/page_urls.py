"""The pages beside the home page; config.urls includes them at the root."""

from django.urls import path

from config import pages

page_urls = [
    path("leaderboard", pages.board, name="board-page"),
    path("players/<slug:handle>", pages.player, name="player-page"),
    path("rounds/<uuid:round_id>", pages.round_detail, name="round-page"),
    path("how-scoring-works", pages.scoring, name="scoring-page"),
]
