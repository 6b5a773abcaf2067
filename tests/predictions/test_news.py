"""Owners hear of their own entries, once scored and once anchored; nobody else does."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import resolve

from chain import anchors
from chain.models import Anchor
from league import players
from league.clock import FixedClock
from league.models import Delivery, Errand, Player, Round
from league.players import Profile
from league.webhooks import outbox
from predictions import commitments, news, proofs, submissions
from predictions.models import Prediction
from predictions.scoring import grading
from tests import factories
from tests.factories import NOON, PRICE
from tests.league import webhook_world as worlds
from tests.league.webhook_world import HOUR, SECOND, SITE

pytestmark = pytest.mark.django_db
FLAT = factories.at_return(-60, 0, 60)
END = NOON + HOUR


def owner(name: str) -> tuple[User, Player]:
    user = worlds.account(name)
    profile = Profile(name, name.title())
    return user, players.register_human(profile=profile, user=user, now=NOON)


def locked(*entrants: Player) -> Round:
    season = factories.season(factories.league(symbols=["BTC"]))
    factories.history(until=NOON - HOUR)
    players.ensure_built_in(now=NOON)
    round_ = factories.opened(factories.round_of(season, locks_at=NOON))
    for player in entrants:
        factories.enter(round_, player, FLAT)
    return factories.locked(round_)


def scored(round_: Round) -> Round:
    commitments.commit(now=NOON)
    factories.settled(factories.running(factories.fresh(round_)), price=PRICE)
    assert grading.grade(now=END) == 1
    return factories.fresh(round_)


def look(now: Any) -> int:
    outbox.publish(now=now)
    return news.tell(now=now)


def told(type_: str) -> list[dict[str, Any]]:
    return list(Delivery.objects.filter(type=type_).order_by("pk").values_list("data", flat=True))


def test_the_owner_is_told_of_the_score_and_nobody_else() -> None:
    ada, player = owner("ada")
    bela, other = owner("bela")
    for user in (ada, bela, worlds.account("chief", is_staff=True)):
        worlds.subscribe(user, events=["prediction.scored"])
    silent = factories.human("silent")  # enters, has no account
    round_ = scored(locked(player, silent))
    assert look(END) == 1
    assert look(END + HOUR) == 0
    delivery = Delivery.objects.select_related("webhook").get()
    assert delivery.webhook.account_id == ada.pk
    assert (delivery.type, delivery.at) == ("prediction.scored", round_.finalized_at)
    mine = Prediction.objects.get(player=player)
    urls = delivery.data.pop("urls")
    assert delivery.data == {
        "prediction": str(mine.pk), "player": "ada", "about": "scores", "round": str(round_.pk),
        "season": "winter", "asset": "BTC", "horizon": "1h", "is_simulated": True,
    }  # fmt: skip
    names = {name: resolve(url.removeprefix(SITE)).url_name for name, url in urls.items()}
    assert names == {
        "prediction": "prediction", "receipt": "prediction-receipt", "round": "round"
    }  # fmt: skip
    assert other.pk


def test_a_bots_owner_is_told_of_the_bots_entries() -> None:
    ada, player = owner("ada")
    bot = players.register_bot(profile=Profile("ada-bot", "Bot"), owner=ada, now=NOON)
    worlds.subscribe(ada, events=["prediction.scored"])
    scored(locked(player, bot))
    assert look(END) == 2
    assert {one["player"] for one in told("prediction.scored")} == {"ada", "ada-bot"}


def test_nothing_is_told_before_the_lock_nor_of_a_withdrawn_word() -> None:
    ada, player = owner("ada")
    worlds.subscribe(ada, events=["prediction.scored", "receipt.anchored"])
    factories.history(until=NOON - HOUR)
    season = factories.season()
    round_ = factories.opened(factories.round_of(season, locks_at=NOON))
    factories.enter(round_, player, FLAT)
    assert look(NOON - SECOND) == 0
    assert not Errand.objects.exists()
    submissions.withdraw(round_id=round_.pk, player=player, clock=FixedClock(NOON - SECOND))
    factories.locked(round_)
    commitments.commit(now=NOON)
    anchors.pump(now=NOON)
    assert look(NOON) == 0
    assert not Errand.objects.exists()


def test_a_receipt_is_told_of_when_its_digest_is_anchored_and_not_sooner() -> None:
    ada, player = owner("ada")
    worlds.subscribe(ada, events=["receipt.anchored"])
    round_ = locked(player)
    assert look(NOON) == 0
    commitments.commit(now=NOON)
    assert look(NOON + 29 * SECOND) == 0  # it rests
    assert look(NOON + 30 * SECOND) == 0  # wished for, not anchored
    anchors.pump(now=NOON + 31 * SECOND)
    assert look(NOON + 60 * SECOND) == 1
    scored(round_)
    anchors.pump(now=END + SECOND)
    assert look(END + SECOND) == 1
    rows = Delivery.objects.order_by("pk")
    assert [one.data["about"] for one in rows] == ["commitment", "settlement"]
    anchored = list(Anchor.objects.order_by("pk").values_list("anchored_at", flat=True))
    assert [one.at for one in rows] == anchored
    assert not Errand.objects.exists()


def test_what_is_never_anchored_is_given_up_after_a_week() -> None:
    ada, player = owner("ada")
    worlds.subscribe(ada, events=["receipt.anchored"])
    locked(player)
    look(NOON)
    assert Errand.objects.count() == 1
    assert look(NOON + timedelta(days=7)) == 0
    assert not Errand.objects.exists()


def test_one_poisoned_errand_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    ada, player = owner("ada")
    worlds.subscribe(ada, events=["prediction.scored", "receipt.anchored"])
    round_ = scored(locked(player))

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug nobody thought of")

    monkeypatch.setattr(proofs, "anchor_of", broken)
    assert look(END) == 1
    assert told("prediction.scored")[0]["round"] == str(round_.pk)
    assert {one.about for one in Errand.objects.all()} == {"commitment", "settlement"}
