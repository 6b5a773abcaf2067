"""A random season played by hand: some rounds missed, some entries withdrawn, some rounds void."""

import random
from datetime import datetime, timedelta
from decimal import Decimal

from league import operations
from league.clock import FixedClock
from league.models import Player, Round, Season
from predictions import commitments, entry_forms, submissions
from predictions.entry_forms import Entry
from predictions.scoring import grading
from tests import factories
from tests.factories import NOON

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
SYMBOLS, HORIZONS = ("BTC", "ETH"), ("1h", "24h")
LOCKS = 5


def play(seed: int, *, people: int = 4) -> tuple[Season, list[Player]]:
    """Every hour a lock of both assets and both horizons; 24h rounds overlap."""
    dice = random.Random(seed)
    league = factories.league(symbols=SYMBOLS, horizons=list(HORIZONS))
    for symbol in SYMBOLS:
        factories.history(until=NOON + LOCKS * HOUR, symbol=symbol)
    season, players = factories.season(league), factories.humans(people)
    for number in range(LOCKS):
        for symbol in SYMBOLS:
            for horizon in HORIZONS:
                _play(_opened(season, number, symbol, horizon), players, dice)
    return season, players


def word(dice: random.Random) -> Entry:
    """Any of the forms, at most 2.5 sigmas of the shortest horizon away."""

    def number(low: float, high: float) -> Decimal:
        return Decimal(f"{dice.uniform(low, high):.{dice.randint(2, 8)}f}")

    kind = dice.randrange(5)
    if kind == 0:
        return entry_forms.quantiles(*sorted(number(59_300, 60_700) for _ in range(3)))
    if kind == 1:
        levels = sorted(number(-120, 120) for _ in range(3))
        return entry_forms.quantiles(*levels, basis=entry_forms.RETURN)
    if kind == 2:
        return entry_forms.point(number(59_300, 60_700))
    if kind == 3:
        return entry_forms.point(number(-120, 120), basis=entry_forms.RETURN)
    return entry_forms.prob_up(number(0.1, 0.9))


def settle(round_: Round, dice: random.Random) -> Round:
    """Locked, committed, and settled under a frame of its own."""
    locked = factories.locked(round_)
    commitments.commit(now=round_.locks_at)
    price = Decimal(f"{dice.uniform(59_000, 61_000):.2f}")
    frame = {"sigma_bp": dice.uniform(40, 300), "width": dice.choice([0.85, 0.9])}
    running = factories.running(locked, price=price, **frame)
    moved = price * Decimal(f"{dice.uniform(0.98, 1.02):.4f}")
    return factories.settled(running, price=moved.quantize(Decimal("0.01")))


def opened(season: Season, *, locks_at: datetime, symbol: str = "BTC") -> Round:
    round_ = factories.round_of(season, locks_at=locks_at, symbol=symbol, horizon="1h")
    return factories.opened(round_)


def _opened(season: Season, number: int, symbol: str, horizon: str) -> Round:
    lock = NOON + number * HOUR
    round_ = factories.round_of(season, locks_at=lock, symbol=symbol, horizon=horizon)
    return factories.opened(round_)


def _play(round_: Round, players: list[Player], dice: random.Random) -> None:
    entered = [player for player in players if dice.random() < 0.75]
    for player in entered:
        factories.enter(round_, player, word(dice))
    if entered and dice.random() < 0.3:
        eve = FixedClock(round_.locks_at - SECOND)
        submissions.withdraw(round_id=round_.pk, player=entered[0], clock=eve)
    if dice.random() < 0.1:
        operations.void(round_, reason="Wrong on all sides.", actor="ops", now=round_.locks_at)
        return
    settled = settle(round_, dice)
    if dice.random() < 0.9:  # else settled, not yet scored
        grading.grade(now=settled.settles_at)
