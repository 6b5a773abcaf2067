"""A small league with a round in every state, made by the real verbs."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import User

from leaderboard import standings
from league import keys, operations, players, seasons
from league.clock import FixedClock
from league.keys import IssuedKey
from league.models import League, Player, Round, Season
from league.models.round import Status
from league.players import Profile
from league.seasons import Plan
from league.transitions import Step, move
from markets import assets
from markets.models import Asset, Bar, Observation
from markets.modes import PriceMode
from predictions import commitments, entry_forms, submissions
from predictions.entry_forms import Entry
from predictions.scoring import aggregation, grading

# The hour the story is told at: pages are asked for it as if it were now.
NOW = datetime.now(tz=UTC).replace(minute=0, second=0, microsecond=0)
HOUR = timedelta(hours=1)
PRICE = Decimal(60_000)
# Recognisable numbers: none of them may show before the lock.
SECRET = ("59321.12345678", "60123.87654321", "61777.55555555")
SOURCES = ("sim-alpha", "sim-beta", "sim-gamma")


@dataclass(frozen=True)
class Showroom:
    league: League
    season: Season
    people: list[Player]
    bot: Player
    key: IssuedKey
    open: Round
    running: Round
    held: Round
    final: Round
    void: Round


def found() -> League:
    """The league alone, with its assets."""
    assets.ensure_defaults()
    league = League.objects.create(slug="open", name="Open League", horizons=["1h", "24h"])
    league.assets.set(Asset.objects.filter(pk__in=["BTC", "ETH"]))
    return league


def furnish() -> Showroom:
    built_in = players.ensure_built_in(now=NOW - 400 * HOUR)
    owner = User.objects.create_user("owner")
    people = [_person(n) for n in range(5)]
    bot = players.register_bot(profile=Profile("a-bot", "A Bot"), owner=owner, now=NOW - 9 * HOUR)
    league = found()
    season = seasons.create(league=league, plan=plan("spring"))
    _bars()
    everybody = [*people, bot, built_in["vol-scholar"], built_in["house-walker"]]
    final = _final(season, everybody)
    running = _running(season, locks_at=NOW - HOUR, entrants=people)
    held = _running(season, locks_at=NOW - 2 * HOUR, entrants=people, asset="ETH")
    operations.hold(held, reason="The sources look odd to us.", actor="ops", now=NOW)
    void = _round(season, locks_at=NOW - 3 * HOUR, asset="ETH")
    operations.void(void, reason="Opened by mistake, sorry.", actor="ops", now=NOW)
    opened = _round(season, locks_at=NOW + 2 * HOUR)
    enter(opened, everybody[:3], at=NOW)
    enter(opened, everybody[:1], at=NOW + timedelta(seconds=1))
    aggregation.aggregate(now=NOW)
    standings.publish(now=NOW)
    for round_ in (opened, running, held, final, void):
        round_.refresh_from_db()
    return Showroom(
        league=league,
        season=season,
        people=people,
        bot=bot,
        key=keys.issue(player=bot, now=NOW, label="laptop"),
        open=opened,
        running=running,
        held=held,
        final=final,
        void=void,
    )


def plan(slug: str, price_mode: str = PriceMode.SIMULATED) -> Plan:
    return Plan(slug, slug.title(), price_mode, NOW - 100 * HOUR, NOW + 1000 * HOUR)


def enter(round_: Round, entrants: list[Player], *, at: datetime) -> None:
    for player in entrants:
        submissions.enter(
            round_id=round_.pk, player=player, entry=_word(player), clock=FixedClock(at)
        )


def settle(round_: Round, price: Decimal, *, at: datetime) -> None:
    """Running to final."""
    outcome = 1e4 * math.log(price / PRICE)
    round_.refresh_from_db()
    step = Step(Status.SETTLED, at=at)
    assert move(round_, step, settlement_price=price, outcome_bp=outcome)
    assert grading.grade(now=at) == 1


def _person(n: int) -> Player:
    user = User.objects.create_user(f"person-{n}")
    profile = Profile(f"person-{n}", f"Person {n}")
    return players.register_human(profile=profile, user=user, now=NOW - 300 * HOUR)


def _word(player: Player) -> Entry:
    if player.handle == "house-walker":
        return entry_forms.point(Decimal(0), basis=entry_forms.RETURN)
    low, middle, high = (Decimal(text) for text in SECRET)
    return entry_forms.quantiles(low, middle, high)


def _bars() -> None:
    rows = []
    for hour in range(120):
        price = PRICE * (1 + Decimal(hour % 7) / 200)
        columns = dict.fromkeys(("open", "high", "low", "close"), price)
        for symbol in ("BTC", "ETH"):
            bar = {"asset_id": symbol, "source": SOURCES[0], "interval": 3600}
            rows.append(Bar(**bar, **columns, opened_at=NOW - (hour + 1) * HOUR))
    Bar.objects.bulk_create(rows)


def _round(season: Season, *, locks_at: datetime, asset: str = "BTC") -> Round:
    round_ = Round.objects.create(
        season=season,
        asset_id=asset,
        horizon="1h",
        opens_at=locks_at - 3 * HOUR,
        locks_at=locks_at,
        settles_at=locks_at + HOUR,
    )
    assert move(round_, Step(Status.OPEN, at=round_.opens_at))
    round_.refresh_from_db()
    return round_


def _running(
    season: Season, *, locks_at: datetime, entrants: list[Player], asset: str = "BTC"
) -> Round:
    round_ = _round(season, locks_at=locks_at, asset=asset)
    enter(round_, entrants, at=locks_at - HOUR)
    assert move(round_, Step(Status.LOCKED, at=locks_at))
    commitments.commit(now=locks_at)
    round_.refresh_from_db()
    frozen = {"reference_price": PRICE, "sigma_bp": 250.0, "width": 0.85}
    assert move(round_, Step(Status.RUNNING, at=locks_at), **frozen)
    _observe(round_, locks_at)
    round_.refresh_from_db()
    return round_


def _final(season: Season, entrants: list[Player]) -> Round:
    locks_at = NOW - 5 * HOUR
    round_ = _running(season, locks_at=locks_at, entrants=entrants)
    settle(round_, Decimal(60_600), at=locks_at + HOUR)
    _observe(round_, locks_at + HOUR)
    return round_


def _observe(round_: Round, instant: datetime) -> None:
    Observation.objects.bulk_create(
        Observation(
            asset_id=round_.asset_id,
            source=source,
            instant=instant,
            value=PRICE,
            fetched_at=instant,
            is_valid=True,
            digest="ab" * 32,
        )
        for source in SOURCES
    )
