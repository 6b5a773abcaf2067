"""The demonstration season: simulated, badged as such, and already some days old."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from config import demo_people, timeline
from league import calendar, players, seasons
from league.cadence import Slot
from league.models import League, Season
from league.seasons import Plan
from markets import assets
from markets.models import Asset
from markets.modes import PriceMode
from predictions import house_picks

SLUG = "demo"
PREPARING = "Demo season (being prepared)"
READY = "Demo season"
LENGTH = timedelta(days=90)
# How much of each horizon's past is played: enough for a board, quick enough for a first run.
PAST = {"24h": timedelta(days=6), "1h": timedelta(hours=30), "5m": timedelta(minutes=60)}


def is_ready() -> bool:
    return Season.objects.filter(slug=SLUG).exclude(name=PREPARING).exists()


def prepare(*, now: datetime) -> Iterator[tuple[int, int]]:
    """Play the demo season's past; yields (instants played, instants in all).

    Begun again after an interruption, it goes on from what is there.
    """
    assets.ensure_defaults()
    players.ensure_built_in(now=now - LENGTH)
    season = Season.objects.filter(slug=SLUG).first() or _create(now=now)
    people = demo_people.ensure(now=now - LENGTH)
    slots = _past(season, now=now)
    calendar.create(season, slots)

    def on_eve(at: datetime) -> None:
        house_picks.enter(now=at)
        demo_people.enter(people, season=season, at=at)

    total = len(timeline.instants_of(slots, until=now))
    for done, _ in enumerate(timeline.travel(slots, until=now, on_eve=on_eve), start=1):
        yield done, total
    Season.objects.filter(pk=season.pk).update(name=READY, is_paused=False)


def _create(*, now: datetime) -> Season:
    league, _ = League.objects.get_or_create(
        slug=SLUG,
        defaults={
            "name": "Demo League",
            "description": "Simulated prices: a place to look around and to try a bot.",
            "horizons": ["5m", "1h", "24h"],
        },
    )
    league.assets.set(Asset.objects.filter(pk__in=["BTC", "ETH", "SOL"]))
    plan = Plan(
        slug=SLUG,
        name=PREPARING,
        price_mode=PriceMode.SIMULATED,
        starts_at=now - max(PAST.values()),
        ends_at=now + LENGTH,
    )
    season = seasons.create(league=league, plan=plan)
    Season.objects.filter(pk=season.pk).update(is_paused=True)
    return season


def _past(season: Season, *, now: datetime) -> list[Slot]:
    found = seasons.preview(
        rules=season.pinned, starts_at=season.starts_at, ends_at=now + LENGTH, limit=10_000
    )
    return [
        slot for slot in found if slot.opens_at <= now and slot.locks_at > now - PAST[slot.horizon]
    ]
