"""Who may see which league: the one place private leagues are hidden from outsiders."""

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from league.models import League, Round, Season
from league.models.round import RoundQuerySet
from league.models.season import SeasonQuerySet

Viewer = User | AnonymousUser
PUBLIC = League.Visibility.PUBLIC


def leagues(viewer: Viewer) -> QuerySet[League]:
    found = League.objects.all()
    return found if viewer.is_staff else found.filter(visibility=PUBLIC)


def seasons(viewer: Viewer) -> SeasonQuerySet:
    found = Season.objects.select_related("league")
    return found if viewer.is_staff else found.filter(league__visibility=PUBLIC)


def rounds(viewer: Viewer) -> RoundQuerySet:
    found = Round.objects.select_related("season")
    return found if viewer.is_staff else found.filter(season__league__visibility=PUBLIC)
