"""What happened is told once to everyone who listens, and only to those who may know."""

import re
from typing import Any

import pytest
from django.db import transaction
from django.urls import resolve

from league import memberships, operations, transitions
from league.models import Delivery, Errand, League, Round, RoundEvent
from league.models.delivery import EventType
from league.models.round import Status
from league.models.webhook import Stopped
from league.transitions import Step
from league.webhooks import audience, endpoints, outbox
from tests import factories
from tests.factories import NOON
from tests.league import webhook_world as worlds
from tests.league.webhook_world import HOUR, SITE

pytestmark = pytest.mark.django_db
REASON = "the venues disagree about everything"


def types() -> list[str]:
    rows = Delivery.objects.order_by("created_at", "at", "pk").values_list("type", flat=True)
    return list(rows)


def test_every_step_of_a_rounds_life_is_told() -> None:
    worlds.webhook()
    round_ = worlds.opened()
    round_ = factories.running(factories.locked(round_))
    assert operations.hold(round_, reason=REASON, actor="ada", now=NOON + HOUR)
    operations.release(factories.fresh(round_), actor="ada", now=NOON + HOUR)
    factories.settled(factories.fresh(round_), price=factories.PRICE)
    assert outbox.publish(now=NOON + HOUR) == 4
    assert sorted(types()) == ["round.held", "round.locked", "round.opened", "round.settled"]
    assert outbox.publish(now=NOON + HOUR) == 0


def test_a_message_holds_ids_and_public_addresses_and_nothing_else() -> None:
    worlds.webhook()
    round_ = worlds.opened()
    operations.void(round_, reason=REASON, actor="ada", now=NOON)
    outbox.publish(now=NOON)
    for delivery in Delivery.objects.all():
        urls = delivery.data.pop("urls")
        assert urls == {"round": f"{SITE}/api/v1/rounds/{round_.pk}"}
        assert resolve(urls["round"].removeprefix(SITE)).url_name == "round"
        version = delivery.data.pop("version")
        assert delivery.data == {
            "round": str(round_.pk), "season": "winter", "asset": "BTC", "horizon": "1h",
            "is_simulated": True,
        }  # fmt: skip
        event = RoundEvent.objects.get(round=round_, version=version)
        assert delivery.at == event.at
    assert sorted(types()) == ["round.opened", "round.voided"]


def test_a_released_round_has_not_locked_twice() -> None:
    worlds.webhook()
    round_ = factories.locked(worlds.opened())
    operations.hold(round_, reason=REASON, actor="ada", now=NOON)
    outbox.publish(now=NOON)
    Errand.objects.all().delete()  # it was run meanwhile
    operations.release(factories.fresh(round_), actor="ada", now=NOON)
    assert factories.fresh(round_).status == Status.LOCKED
    assert outbox.publish(now=NOON) == 0
    assert types().count("round.locked") == 1
    assert not Errand.objects.exists()


def test_what_is_not_asked_for_is_not_told() -> None:
    worlds.webhook(events=["round.locked"])
    factories.locked(worlds.opened())
    outbox.publish(now=NOON)
    assert types() == ["round.locked"]


def test_everyone_is_told_once_each() -> None:
    for name in ("ada", "bela"):
        worlds.subscribe(worlds.account(name))
        worlds.subscribe(worlds.account(f"{name}-2"))
    worlds.opened()
    assert outbox.publish(now=NOON) == 4
    told = Delivery.objects.values_list("webhook__account__username", flat=True)
    assert sorted(told) == ["ada", "ada-2", "bela", "bela-2"]


def test_a_step_that_is_rolled_back_is_not_told() -> None:
    worlds.webhook()
    round_ = factories.round_of(factories.season(), locks_at=NOON)
    with transaction.atomic():
        transitions.move(round_, Step(Status.OPEN, at=NOON))
        transaction.set_rollback(True)
    assert outbox.publish(now=NOON) == 0


def test_without_listeners_events_are_done_with() -> None:
    worlds.opened()
    assert outbox.publish(now=NOON) == 0
    assert not RoundEvent.objects.untold().exists()
    worlds.webhook()
    assert outbox.publish(now=NOON) == 0  # a newcomer hears of what comes


@pytest.mark.parametrize("fate", ["stopped", "closed"])
def test_a_stopped_webhook_or_a_closed_account_hears_nothing(fate: str) -> None:
    made = worlds.webhook()
    if fate == "stopped":
        assert endpoints.stop(made, because=Stopped.OWNER, now=NOON)
    else:
        made.account.is_active = False
        made.account.save()
    worlds.opened()
    assert outbox.publish(now=NOON) == 0


def test_a_private_league_is_told_to_its_members_and_staff_alone() -> None:
    worlds.webhook()
    staff = worlds.subscribe(worlds.account("chief", is_staff=True)).webhook
    inside = worlds.subscribe(worlds.account("bela")).webhook
    League.objects.all().delete()
    season = factories.season(factories.league(visibility="private"))
    mine = memberships.own(season.league, user=inside.account, now=NOON)
    factories.opened(factories.round_of(season, locks_at=NOON))
    assert outbox.publish(now=NOON) == 2
    assert {one.webhook for one in Delivery.objects.all()} == {staff, inside}
    mine.delete()
    factories.opened(factories.round_of(season, locks_at=NOON + HOUR))
    assert outbox.publish(now=NOON) == 1


def test_errands_are_for_the_app_that_knows_who_entered() -> None:
    worlds.webhook(events=["prediction.scored", "receipt.anchored"])
    round_ = factories.locked(worlds.opened())
    assert outbox.publish(now=NOON) == 0
    assert [one.about for one in Errand.objects.all()] == ["commitment"]
    settled = factories.settled(factories.running(round_), price=factories.PRICE)
    transitions.move(settled, Step(Status.FINAL, at=NOON), finalized_at=NOON)
    outbox.publish(now=NOON + HOUR)
    assert sorted(one.about for one in Errand.objects.all()) == [
        "commitment", "scores", "settlement"
    ]  # fmt: skip


def test_nobody_runs_errands_that_nobody_wants() -> None:
    worlds.webhook(events=["round.locked"])
    factories.locked(worlds.opened())
    outbox.publish(now=NOON)
    assert not Errand.objects.exists()


def test_one_poisoned_event_keeps_no_other_untold(monkeypatch: pytest.MonkeyPatch) -> None:
    worlds.webhook()
    season = factories.season(factories.league(symbols=["BTC", "ETH"]))
    for symbol in ("BTC", "ETH"):
        factories.opened(factories.round_of(season, locks_at=NOON, symbol=symbol))
    usual = audience.of_round

    def poisoned(round_: Round) -> dict[str, Any]:
        if round_.asset_id == "BTC":
            raise ZeroDivisionError("a bug nobody thought of")
        return usual(round_)

    monkeypatch.setattr(audience, "of_round", poisoned)
    assert outbox.publish(now=NOON) == 1
    assert [one.data["asset"] for one in Delivery.objects.all()] == ["ETH"]
    assert RoundEvent.objects.untold().count() == 1
    monkeypatch.undo()
    assert outbox.publish(now=NOON) == 1


def test_a_crowd_of_listeners_makes_smaller_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        worlds.subscribe(worlds.account(f"a{number}"))
    monkeypatch.setattr(outbox, "MOST_MADE", 3)
    season = factories.season()
    for hour in range(3):
        factories.opened(factories.round_of(season, locks_at=NOON + hour * HOUR))
    assert outbox.publish(now=NOON) == 9


def test_the_types_are_a_contract() -> None:
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+", name) for name in EventType.values)
    assert set(EventType.values) == {
        "round.opened", "round.locked", "round.settled", "round.held", "round.voided",
        "prediction.scored", "receipt.anchored", "season.finished", "webhook.ping",
    }  # fmt: skip
