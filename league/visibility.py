"""Who may see which league, and play in it: the one place private leagues are hidden."""

from typing import Any, Final

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet

from league.models import League, Membership, Player, Round, Season
from league.models.player import BUILT_IN
from league.models.round import RoundQuerySet
from league.models.season import SeasonQuerySet

Viewer = User | AnonymousUser
PUBLIC = League.Visibility.PUBLIC
# On a round `r`, for `entitlement`'s parameters: the player may enter it at this very moment. Not
# written as EXISTS: PostgreSQL would join it, and may then find the round by its season.
ENTITLED: Final = """
    AND (
        SELECT l.visibility = 'public' OR %(is_everywhere)s OR EXISTS (
            SELECT 1 FROM league_membership AS m
            WHERE m.league_id = l.id AND m.user_id = %(user_id)s
        )
        FROM league_season AS s JOIN league_league AS l ON l.id = s.league_id
        WHERE s.id = r.season_id
    )"""


def leagues(viewer: Viewer) -> QuerySet[League]:
    """The public ones and one's own; organisers see all."""
    found = League.objects.all()
    return found if viewer.is_staff else found.filter(_open_to(viewer.pk))


def seasons(viewer: Viewer) -> SeasonQuerySet:
    found = Season.objects.select_related("league")
    return found if viewer.is_staff else found.filter(_open_to(viewer.pk, "league__"))


def rounds(viewer: Viewer) -> RoundQuerySet:
    found = Round.objects.select_related("season")
    return found if viewer.is_staff else found.filter(_open_to(viewer.pk, "season__league__"))


def playable(player: Player) -> RoundQuerySet:
    """Rounds a player may enter: seeing one, as an organiser does, is not enough.

    Bots play where their owner is a member; the built-in players play everywhere.
    """
    found = Round.objects.select_related("season")
    if player.kind in BUILT_IN:
        return found
    return found.filter(_open_to(player.user_id, "season__league__"))


def entitlement(player: Player) -> dict[str, Any]:
    """ENTITLED's parameters."""
    return {"user_id": player.user_id, "is_everywhere": player.kind in BUILT_IN}


def is_public(season: Season) -> bool:
    """Its league must be at hand."""
    return season.league.visibility == PUBLIC


def _open_to(user_id: int | None, league: str = "") -> Q:
    """`league` is the path to it; without an account there is only what is public."""
    public = Q(**{f"{league}visibility": PUBLIC})
    if user_id is None:
        return public
    mine = Membership.objects.filter(user=user_id).values("league")
    return public | Q(**{f"{league}pk__in": mine})
