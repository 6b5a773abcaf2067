"""The organisers' desk: each page shows rows or makes one domain call."""

from django.contrib import admin

from league.admin.identity import IdentityAdmin
from league.admin.key import ApiKeyAdmin
from league.admin.league import LeagueAdmin
from league.admin.player import PlayerAdmin
from league.admin.round import RoundAdmin
from league.admin.season import SeasonAdmin
from league.admin.webhook import DeliveryAdmin, WebhookAdmin

__all__ = [
    "ApiKeyAdmin", "DeliveryAdmin", "IdentityAdmin", "LeagueAdmin", "PlayerAdmin", "RoundAdmin",
    "SeasonAdmin", "WebhookAdmin",
]  # fmt: skip

admin.site.site_header = "Prediction League"
admin.site.site_title = "Prediction League"
admin.site.index_title = "Organisers' desk"
