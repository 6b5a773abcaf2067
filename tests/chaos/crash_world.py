"""The moments worth dying in: a league with something due at every stage, and requests to make."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from config import sweeps
from league import keys, operations, players, transitions
from league.clock import FixedClock
from league.models import Answer, Player, Round, Season
from league.models.round import Status
from markets import bars
from markets.models import Asset
from markets.providers import base, simulated
from predictions import entry_forms, submissions
from predictions.entry_forms import Entry
from tests import factories
from tests.factories import NOON

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
SINCE = NOON - 120 * HOUR
PRESENT = NOON + 2 * HOUR
SYMBOLS = ("BTC", "ADA", "DOGE")
DOOMED, DISPUTED = "ADA", "DOGE"
PEOPLE = 6


# -- a league whose stages all have work at PRESENT ----------------------------------------------
def disputed(venue: str, symbol: str, bar: base.BarValue) -> base.BarValue:
    """Around the second lock two venues are far apart about DOGE: held, and void at PRESENT."""
    shift = {"sim-alpha": 400, "sim-beta": -400}.get(venue, 0)
    if symbol != DISPUTED or not NOON + HOUR / 2 <= bar.opened_at < NOON + 1.5 * HOUR:
        return bar
    close = (bar.close * (1 + Decimal(shift) / 10_000)).quantize(Decimal("0.00000001"))
    return replace(bar, close=close, high=max(bar.high, close), low=min(bar.low, close))


def foresee() -> None:
    """Compute the invented market once, for every process forked from this one."""
    for venue in simulated.venues(factories.SEED):
        for symbol in SYMBOLS:
            venue.bars(symbol=symbol, interval=base.HOUR, start=SINCE, end=PRESENT + HOUR)


def play() -> None:
    """Up to the eve of PRESENT: rounds final, running, held, locked void, open and scheduled."""
    players.ensure_built_in(now=NOON)
    league = factories.league(symbols=SYMBOLS)
    Asset.objects.update(is_active=False)  # no minute bars: their number would only slow copies
    factories.season(league, ends_at=PRESENT + 3 * HOUR)
    factories.humans(PEOPLE)
    owner = User.objects.create_user(username="owner")
    players.register_bot(profile=players.Profile("machine", "Machine"), owner=owner, now=NOON)
    for hour in (-1, 0, 1):
        sweeps.run(now=NOON + hour * HOUR - SECOND)
        _enter(NOON + hour * HOUR)
        sweeps.run(now=NOON + hour * HOUR)
    sweeps.run(now=PRESENT - SECOND)
    _enter(PRESENT)
    doomed = factories.fresh(Round.objects.get(locks_at=PRESENT - HOUR, asset=DOOMED))
    operations.void(doomed, reason="for the record", actor="somebody", now=PRESENT - SECOND)
    stale = {"fingerprint": "2" * 64, "status": 201, "body": "{}"}
    Answer.objects.create(question="1" * 64, asked_at=PRESENT - 25 * HOUR, **stale)


def _enter(lock: datetime) -> None:
    """Everybody in a form of their own; the first revises, the last withdraws."""
    eve = FixedClock(lock - SECOND)
    everybody = list(Player.objects.filter(kind__in=("human", "bot")).order_by("pk"))
    for round_ in Round.objects.filter(status=Status.OPEN, locks_at=lock):
        price = factories.price_of(round_, now=eve.at)
        for number, player in enumerate(everybody):
            factories.enter(round_, player, _words(price)[number % 5])
        factories.enter(round_, everybody[0], entry_forms.prob_up(Decimal("0.55")))
        submissions.withdraw(round_id=round_.pk, player=everybody[-1], clock=eve)


def _words(price: Decimal) -> list[Entry]:
    near = [price * (1 + Decimal(step) / 10_000) for step in (-30, 5, 40)]
    return [
        factories.at_return(-30, 2, 40),
        entry_forms.quantiles(*[level.quantize(Decimal("0.0001")) for level in near]),
        entry_forms.point(Decimal(12), basis=entry_forms.RETURN),
        entry_forms.point(near[1].quantize(Decimal("0.0001"))),
        entry_forms.prob_up(Decimal("0.6")),
    ]


# -- requests, under the real clock: the web edge knows no other ---------------------------------
@dataclass(frozen=True)
class Sender:
    """A person's program that holds an open round's id; `key` may be empty."""

    round_id: str
    secret: str
    key: str

    def post(self, point: str) -> dict[str, Any]:
        body = {"form": "point", "basis": "return", "point": point}
        return self._send("post", data=body, content_type="application/json")

    def delete(self) -> dict[str, Any]:
        return self._send("delete")

    def get(self) -> dict[str, Any]:
        return self._send("get")

    def _send(self, method: str, **body: Any) -> dict[str, Any]:
        send: Callable[..., Any] = getattr(Client(SERVER_NAME="localhost"), method)
        headers = {"Authorization": f"Bearer {self.secret}"}
        headers |= {"Idempotency-Key": self.key} if self.key else {}
        answer = send(f"/api/v1/rounds/{self.round_id}/prediction", headers=headers, **body)
        return {
            "status": answer.status_code,
            "body": answer.content.decode(),
            "is_replay": answer.headers.get("Idempotency-Replayed") == "true",
        }


def play_open_rounds() -> dict[str, Any]:
    """Two rounds open for most of an hour, one person; what a Sender needs to know."""
    now = datetime.now(UTC).replace(microsecond=0)
    players.ensure_built_in(now=now)
    season = factories.season(factories.league(symbols=["ETH"]), now=now - HOUR)
    start = now - 110 * HOUR
    bars.ingest(symbol="ETH", price_mode="simulated", interval=3600, start=start, now=now)
    made = [_open_round(season, opens_at=now - HOUR / 6 - n * SECOND, now=now) for n in range(2)]
    user = User.objects.create_user(username="ada")
    player = players.register_human(profile=players.Profile("ada", "Ada"), user=user, now=now)
    secret = keys.issue(player=player, now=now, label="test").secret
    return {"rounds": made, "secret": secret}


def _open_round(season: Season, *, opens_at: datetime, now: datetime) -> str:
    round_ = Round.objects.create(
        season=season,
        asset_id="ETH",
        horizon="1h",
        opens_at=opens_at,
        locks_at=now + HOUR * 5 / 6,
        settles_at=now + HOUR * 11 / 6,
    )
    transitions.move(round_, transitions.Step(Status.OPEN, at=opens_at))
    return str(round_.pk)
