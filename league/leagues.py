"""Private leagues that people found, and the seasons they start in them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from league import memberships, seasons
from league.horizons import DAY, TABLE
from league.models import League, Membership, Season
from league.models.league_event import Deed
from league.models.membership import STEWARDS
from league.seasons import Plan
from markets import modes
from markets.models import Asset

# Nobody guesses an address, and no address is refused because somebody else's is the same.
SUFFIX_BYTES: Final = 5
LONGEST_SLUG: Final = 48 - 1 - 2 * SUFFIX_BYTES
LONGEST_SEASON: Final = timedelta(days=366)
FARTHEST_START: Final = timedelta(days=90)
LATENESS: Final = timedelta(minutes=5)  # of other clocks than ours


class TooManyRounds(Exception):
    """The league's horizons, cadence and assets make more rounds a day than one may."""


class UnfitTimes(Exception):
    """A season that begins too far off, or ends too late or before it begins."""


class SeasonRunning(Exception):
    """The league has a season that is not over."""


@dataclass(frozen=True, slots=True)
class Charter:
    """`slug` is the beginning of the league's address; the rest is drawn."""

    slug: str
    name: str
    description: str
    assets: Sequence[Asset]
    horizons: Sequence[str]
    cadence: Mapping[str, int]
    settle_deadline_s: int

    @property
    def rounds_per_day(self) -> float:
        spacings = [self.cadence.get(name, TABLE[name].cadence_s) for name in self.horizons]
        return sum(len(self.assets) * DAY / spacing for spacing in spacings)


@dataclass(frozen=True, slots=True)
class Wish:
    """A season somebody would like to start."""

    name: str
    starts_at: datetime
    ends_at: datetime


def found(charter: Charter, *, founder: User, now: datetime) -> League:
    """A private league of the founder's; joins the caller's transaction if there is one.

    :raises TooManyRounds: and league.memberships.TooManyLeagues; nothing is written then.
    """
    if charter.rounds_per_day > settings.LEAGUE_ROUNDS_PER_DAY:
        raise TooManyRounds(
            f"That is {charter.rounds_per_day:.0f} rounds a day, of which"
            f" {settings.LEAGUE_ROUNDS_PER_DAY} are allowed: take fewer horizons or assets, or"
            " lock less often."
        )
    with transaction.atomic():
        memberships.require_room(founder)
        league = League.objects.create(
            slug=f"{charter.slug}-{secrets.token_hex(SUFFIX_BYTES)}",
            name=charter.name,
            description=charter.description,
            visibility=League.Visibility.PRIVATE,
            horizons=list(charter.horizons),
            cadence=dict(charter.cadence),
            settle_deadline_s=charter.settle_deadline_s,
        )
        league.assets.set(charter.assets)
        memberships.own(league, user=founder, now=now)
    return league


def start(wish: Wish, *, by: Membership, now: datetime) -> Season:
    """A season of the rules the league has now; joins the caller's transaction if there is one.

    :raises SeasonRunning: while another is not over; and UnfitTimes, league.seasons.NoAssets,
        league.memberships.NotPermitted for members. Nothing is written then.
    """
    memberships.require(by, *STEWARDS)
    _require_fit(wish, now=now)
    with transaction.atomic():
        memberships.hold(by)
        league = League.objects.select_for_update(no_key=True).get(pk=by.league_id)
        earlier = Season.objects.filter(league=league)
        if earlier.running(now=now).exists():
            raise SeasonRunning("This league has a season that is not over.")
        plan = Plan(
            slug=f"{league.slug}-{earlier.count() + 1}",
            name=wish.name,
            price_mode=modes.in_force(),
            starts_at=wish.starts_at,
            ends_at=wish.ends_at,
        )
        season = _create(league, plan)
        memberships.record(league, Deed.SEASON_STARTED, actor=by.user, now=now, about=season.slug)
    return season


def _require_fit(wish: Wish, *, now: datetime) -> None:
    if not now - LATENESS <= wish.starts_at <= now + FARTHEST_START:
        raise UnfitTimes(f"starts_at: from now on, at most {FARTHEST_START.days} days ahead.")
    if not max(now, wish.starts_at) < wish.ends_at <= wish.starts_at + LONGEST_SEASON:
        raise UnfitTimes(f"ends_at: after the start, at most {LONGEST_SEASON.days} days later.")


def _create(league: League, plan: Plan) -> Season:
    """:raises SeasonRunning: when an organiser's season has taken the very address."""
    try:
        with transaction.atomic():
            return seasons.create(league=league, plan=plan)
    except IntegrityError as error:
        raise SeasonRunning("Another season of this league was being made: try again.") from error
