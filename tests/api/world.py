"""A small league: one open round, one final round, two people, built by the league's own verbs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from chain import anchors
from leaderboard import standings
from league import keys, players, rounds, seasons
from league.clock import FixedClock
from league.models import League, Player, Round, Season
from league.players import Profile
from league.seasons import Plan
from markets import assets, bars
from markets.models import Asset
from markets.modes import PriceMode
from predictions import commitments, entry_forms, submissions
from predictions.entry_forms import Entry
from predictions.models import Prediction
from predictions.scoring import aggregation, grading

HOUR = timedelta(hours=1)
ALICE_WALLET = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # an EIP-55 example


@dataclass(slots=True)
class World:
    now: datetime
    season: Season
    open_round: Round
    final_round: Round
    alice: Player
    bob: Player
    alice_key: str
    bob_key: str
    scored: Prediction

    @property
    def bobs_account(self) -> User:
        assert self.bob.user is not None
        return self.bob.user

    def price(self) -> Decimal:
        """The open round's present price, from the API a stranger reads."""
        body = Client().get(f"/api/v1/rounds/{self.open_round.pk}").json()
        return Decimal(body["house"]["price"])


def build(now: datetime) -> World:
    assets.ensure_defaults()
    house = players.ensure_built_in(now=now)["house-walker"]
    for symbol in ("BTC", "ETH"):
        bars.ingest(
            symbol=symbol, price_mode="simulated", interval=3600, start=now - 110 * HOUR, now=now
        )
    season = make_season("demo", now=now)
    alice, alice_key = person("alice", now=now, wallet=ALICE_WALLET)
    bob, bob_key = person("bob", now=now)
    open_round = make_round(season, locks_at=now + HOUR / 2)
    past = make_round(season, locks_at=now.replace(minute=0, second=0, microsecond=0) - 2 * HOUR)
    scored = play(past, [alice, house], now=now)
    return World(now, season, open_round, past, alice, bob, alice_key, bob_key, scored)


def make_season(slug: str, *, now: datetime, visibility: str = "public") -> Season:
    league = League.objects.create(slug=slug, name=slug, horizons=["1h"], visibility=visibility)
    league.assets.set(Asset.objects.filter(pk__in=["BTC", "ETH"]))
    plan = Plan(slug, slug, PriceMode.SIMULATED, now - 100 * HOUR, now + 100 * HOUR)
    return seasons.create(league=league, plan=plan)


def make_round(
    season: Season, *, locks_at: datetime, asset: str = "ETH", status: str = "open"
) -> Round:
    return Round.objects.create(
        season=season,
        asset_id=asset,
        horizon="1h",
        opens_at=locks_at - HOUR,
        locks_at=locks_at,
        settles_at=locks_at + HOUR,
        status=status,
    )


def person(handle: str, *, now: datetime, wallet: str | None = None) -> tuple[Player, str]:
    user = User.objects.create_user(username=handle, password=None)
    player = players.register_human(
        profile=Profile(handle, handle.title(), wallet), user=user, now=now
    )
    return player, keys.issue(player=player, now=now, label="test").secret


def play(
    round_: Round, entrants: list[Player], *, now: datetime, entry: Entry | None = None
) -> Prediction:
    """Carry a past round to its final status; answers the first entrant's prediction."""
    eve = FixedClock(round_.locks_at - timedelta(minutes=1))
    entry = entry or entry_forms.point(Decimal(0), basis="return")
    placed = [
        submissions.enter(round_id=round_.pk, player=player, entry=entry, clock=eve)
        for player in entrants
    ]
    others = Round.objects.exclude(pk=round_.pk).exclude(status="final")
    others.filter(locks_at__lte=now).update(status="void")
    for _ in range(3):
        rounds.advance(now=now)
        commitments.commit(now=now)
        aggregation.aggregate(now=now)
        grading.grade(now=now)
    anchors.pump(now=now)
    standings.publish(now=now)
    round_.refresh_from_db()
    return placed[0].prediction


def bearer(secret: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {secret}"}}
