"""A whole season as a subscriber hears it: every type, signed, in time, with nothing sealed."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from pathlib import Path

import pytest

from config import sweeps
from examples import webhook_receiver
from league import operations, players
from league.models import Round
from league.models.delivery import SUBSCRIBABLE
from league.players import Profile
from league.webhooks.couriers.base import Parcel
from league.webhooks.couriers.simulated import Simulated
from markets.models import Asset
from predictions.models import Prediction
from tests import factories
from tests.api.test_golden import shape
from tests.factories import NOON
from tests.league import webhook_world as worlds
from tests.league.webhook_world import HOUR, content, receiving

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "webhooks.json"
REASON = "the venues disagree about everything"
SECRET = (-31.4159, 2.7183, 41.4214)  # basis points nobody may read


def act(asset: str, now: datetime) -> None:
    """The operator holds a round, lets it go and ends it."""
    round_ = factories.fresh(Round.objects.get(asset=asset))
    assert operations.hold(round_, reason=REASON, actor="ada", now=now)
    assert operations.release(factories.fresh(round_), actor="ada", now=now)
    assert operations.void(factories.fresh(round_), reason=REASON, actor="ada", now=now)


@dataclass
class Heard:
    """What arrived, how much of it before the lock, and the secret it was signed with."""

    parcels: list[Parcel]
    early: int
    secret: str


def play(courier: Simulated) -> Heard:
    """One lock of two rounds."""
    user = worlds.account()
    secret = worlds.subscribe(user).secret
    player = players.register_human(profile=Profile("ada", "Ada"), user=user, now=NOON)
    sweeps.run(now=NOON - HOUR)
    for round_ in Round.objects.all():
        factories.enter(round_, player, factories.at_return(*SECRET))
    sweeps.run(now=NOON - timedelta(seconds=1))
    early = len(courier.received)
    sweeps.run(now=NOON)
    act("ETH", NOON)
    for minute in (0, 1, 60, 61, 62):
        sweeps.run(now=NOON + timedelta(minutes=minute, seconds=1))
    return Heard(courier.received, early, secret)


@pytest.fixture
def heard() -> Heard:
    players.ensure_built_in(now=NOON)
    league = factories.league(symbols=["BTC", "ETH"])
    Asset.objects.exclude(pk__in=["BTC", "ETH"]).update(is_active=False)
    factories.season(league, ends_at=NOON + HOUR)
    with factories.market(since=NOON - 240 * HOUR), receiving(204) as courier:
        return play(courier)


def test_a_subscriber_hears_it_all(heard: Heard) -> None:
    told = [content(one)["type"] for one in heard.parcels]
    assert told[: heard.early] == ["round.opened"] * 2
    assert sorted(told) == sorted(
        [
            *["round.opened"] * 2, *["round.locked"] * 2, "round.held", "round.voided",
            "round.settled", "prediction.scored", "season.finished",
            *["receipt.anchored"] * 3,  # two commitments; of the void round no settlement
        ]
    )  # fmt: skip
    assert set(told) == set(SUBSCRIBABLE)
    assert len({one.headers["webhook-id"] for one in heard.parcels}) == len(told)
    entered = [str(key) for key in Prediction.objects.values_list("pk", flat=True)]
    for number, parcel in enumerate(heard.parcels):
        headers = Message()
        for name, value in parcel.headers.items():
            headers[name] = value
        stamp = int(headers["webhook-timestamp"])
        assert webhook_receiver.is_genuine(headers, parcel.body, heard.secret, now_s=stamp)
        text = parcel.body.decode()
        assert not [level for level in SECRET if str(abs(level)) in text]
        assert number >= heard.early or not [key for key in entered if key in text]


def test_the_shapes_are_the_recorded_ones(heard: Heard) -> None:
    shapes = {content(one)["type"]: shape(content(one)) for one in heard.parcels}
    assert shapes == json.loads(GOLDEN.read_text())
