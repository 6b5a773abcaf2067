"""A place to practise that is always open: rounds of five minutes on simulated prices.

Its seasons count nowhere but in themselves: no model learns from them, nobody is told of their
rounds but who entered, and nothing of them is anchored on a chain that costs gas.
"""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction

from league import seasons
from league.models import League, Season
from league.seasons import Plan
from markets.models import Asset
from markets.modes import PriceMode

SLUG: Final = "sandbox"
NAME: Final = "Sandbox"
ASSETS: Final = ("BTC", "ETH")
LENGTH: Final = timedelta(days=7)
LEAD: Final = timedelta(hours=1)  # the next season is there before the last one's rounds end


def ensure() -> bool:
    """The league, where it is wanted and missing; whether it is there."""
    if not settings.SANDBOX:
        return False
    league, is_new = League.objects.get_or_create(
        slug=SLUG,
        defaults={
            "name": NAME,
            "description": "Simulated prices, rounds of five minutes, always open: try your bot.",
            "horizons": ["5m"],
        },
    )
    if is_new:
        league.assets.set(Asset.objects.filter(pk__in=ASSETS))
    return True


def keep(*, now: datetime) -> int:
    """Open the next season an hour before the last one ends. Returns how many were opened."""
    league = League.objects.filter(slug=SLUG).first() if settings.SANDBOX else None
    if league is None:
        return 0
    mine = Season.objects.filter(league=league)
    last = mine.order_by("-ends_at", "-pk").first()
    if last is not None and now < last.ends_at - LEAD:
        return 0
    starts_at = max(now, last.ends_at) if last else now
    number = mine.count() + 1
    plan = Plan(
        slug=f"{SLUG}-{number}",
        name=f"{NAME} {number}",
        price_mode=PriceMode.SIMULATED,
        starts_at=starts_at,
        ends_at=starts_at + LENGTH,
        is_sandbox=True,
    )
    try:
        with transaction.atomic():
            seasons.create(league=league, plan=plan)
    except IntegrityError:  # another worker was first
        return 0
    return 1
