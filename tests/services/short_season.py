"""A season that fits into a minute: past rounds with entries, and open ones that lock soon.

Run as a script on an empty migrated database, with the number of past minutes and the least
seconds left before the open rounds lock: prints the people's keys and the open rounds.
Instants are whole minutes, because prices are those of minute bars.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from django.contrib.auth.models import User  # noqa: E402 -- Django first

from league import history, keys, players, seasons, transitions  # noqa: E402
from league.clock import FixedClock  # noqa: E402
from league.models import League, Player, Round, Season  # noqa: E402
from markets import assets  # noqa: E402
from markets.models import Asset  # noqa: E402
from predictions import entry_forms, submissions  # noqa: E402

MINUTE = timedelta(minutes=1)
ASSETS = ("BTC", "ETH", "SOL")
PEOPLE = 5  # the least whose median is a crowd


def make(*, past: int, now: datetime, lead_s: int) -> dict[str, object]:
    """`past` minutes of locks behind `now`, all settled by then, and one lock ahead."""
    assets.ensure_defaults()
    players.ensure_built_in(now=now)
    season = make_season(now=now)
    people = [make_person(number, now=now) for number in range(PEOPLE)]
    minute = now.replace(second=0, microsecond=0)
    behind = [
        make_round(season, a, minute - (2 + i) * MINUTE) for i in range(past) for a in ASSETS
    ]
    history.gather_for(behind, now=now)
    for round_ in behind:
        for player, _ in people:
            enter(round_, player)
    locks_at = (datetime.now(UTC) + timedelta(seconds=lead_s)).replace(second=0, microsecond=0)
    locks_at += MINUTE
    opens_at = min(locks_at - 5 * MINUTE, minute)
    ahead = [make_round(season, asset, locks_at, opens_at=opens_at) for asset in ASSETS]
    return {
        "keys": {player.handle: secret for player, secret in people},
        "open": [str(round_.pk) for round_ in ahead],
        "past": [str(round_.pk) for round_ in behind],
        "locks_at": locks_at.isoformat(),
    }


def make_season(*, now: datetime) -> Season:
    league = League.objects.create(slug="short", name="Short", horizons=["5m"])
    league.assets.set(Asset.objects.filter(pk__in=ASSETS))
    # Too short for any round of the calendar's own.
    plan = seasons.Plan("demo", "Short season", "simulated", now - MINUTE, now + 4 * MINUTE)
    return seasons.create(league=league, plan=plan)


def make_person(number: int, *, now: datetime) -> tuple[Player, str]:
    user = User.objects.create_user(username=f"person-{number}")
    profile = players.Profile(f"person-{number}", f"Person {number}")
    player = players.register_human(profile=profile, user=user, now=now)
    return player, keys.issue(player=player, now=now, label="test").secret


def make_round(
    season: Season, asset: str, locks_at: datetime, *, opens_at: datetime | None = None
) -> Round:
    round_ = Round.objects.create(
        season=season,
        asset_id=asset,
        horizon="5m",
        opens_at=opens_at or locks_at - 5 * MINUTE,
        locks_at=locks_at,
        settles_at=locks_at + MINUTE,
    )
    transitions.move(round_, transitions.Step("open", at=round_.opens_at))
    return round_


def enter(round_: Round, player: Player) -> None:
    centre = Decimal(player.pk % 7) - 3
    entry = entry_forms.quantiles(centre - 20, centre, centre + 20, basis="return")
    eve = FixedClock(round_.locks_at - MINUTE / 2)
    submissions.enter(round_id=round_.pk, player=player, entry=entry, clock=eve)


if __name__ == "__main__":
    made = make(past=int(sys.argv[1]), now=datetime.now(UTC), lead_s=int(sys.argv[2]))
    sys.stdout.write(json.dumps(made))
