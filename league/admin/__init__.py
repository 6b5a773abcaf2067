"""The organisers' desk: each page shows rows or makes one domain call."""

from django.contrib import admin

from league.admin.key import ApiKeyAdmin
from league.admin.league import LeagueAdmin
from league.admin.player import PlayerAdmin
from league.admin.round import RoundAdmin
from league.admin.season import SeasonAdmin

__all__ = ["ApiKeyAdmin", "LeagueAdmin", "PlayerAdmin", "RoundAdmin", "SeasonAdmin"]

admin.site.site_header = "Prediction League"
admin.site.site_title = "Prediction League"
admin.site.index_title = "Organisers' desk"
