"""A message is sent until it has arrived, under one id, and every attempt is on record."""

import json
import logging
import time
from datetime import timedelta
from email.message import Message
from typing import Any

import pytest

from examples import webhook_receiver
from league import departure, leftovers
from league.models import Attempt, Delivery, Webhook
from league.models.delivery import Outcome
from league.models.webhook import Stopped
from league.webhooks import (
    audience,
    deliveries,
    endpoints,
    retries,
    secrets,
    signatures,
    sweep,
)
from league.webhooks.couriers import registry
from league.webhooks.couriers.base import Answer, Parcel
from league.webhooks.deliveries import NotReplayable
from tests.factories import NOON
from tests.league import webhook_world as worlds
from tests.league.webhook_world import HOUR, SECOND, fresh, log, look, receiving

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def believed(parcel: Parcel, secret: str, *, late: timedelta = timedelta(0)) -> bool:
    headers = Message()
    for name, value in parcel.headers.items():
        headers[name] = value
    now_s = (NOON + late).timestamp()
    return webhook_receiver.is_genuine(headers, parcel.body, secret, now_s=now_s)


def test_what_happened_arrives_signed_within_one_look() -> None:
    issued = worlds.subscribe(worlds.account())
    round_ = worlds.opened()
    with receiving(204) as courier:
        assert look(NOON) == 2  # made, and sent
        assert look(NOON) == 0
    (parcel,) = courier.received
    assert believed(parcel, issued.secret)
    assert not believed(parcel, issued.secret, late=HOUR)
    assert parcel.url == "https://hook.example.org/league"
    assert worlds.content(parcel)["type"] == "round.opened"
    assert worlds.content(parcel)["timestamp"] == "2025-01-15T11:00:00.000Z"
    assert worlds.content(parcel)["data"]["round"] == str(round_.pk)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.ended_at, delivery.due_at) == ("delivered", NOON, None)
    assert log(delivery) == [("ok", 204)]


def test_a_failure_is_tried_again_by_the_schedule_under_the_same_id() -> None:
    sent = worlds.pinged(worlds.webhook())
    with receiving(500, Outcome.TIMEOUT, 204) as courier:
        assert look(NOON) == 1
        again = fresh(sent)
        assert again.status == "pending"
        assert again.due_at == NOON + (retries.wait(1, seed=str(sent.pk)) or HOUR)
        assert look(again.due_at - SECOND) == 0
        assert look(again.due_at) == 1
        assert look(fresh(sent).due_at or NOON) == 1
    assert log(sent) == [("refused", 500), ("timeout", None), ("ok", 204)]
    first, last = courier.received
    assert first.headers["webhook-id"] == last.headers["webhook-id"] == f"msg_{sent.pk.hex}"
    assert first.body == last.body
    assert first.headers["webhook-timestamp"] != last.headers["webhook-timestamp"]


def test_after_ten_attempts_it_is_given_up() -> None:
    sent = worlds.pinged(worlds.webhook())
    with receiving(500):
        for _ in range(10):
            assert look(fresh(sent).due_at or NOON) == 1
    failed = fresh(sent)
    assert (failed.status, failed.step, failed.due_at) == ("failed", 10, None)
    assert failed.ended_at
    assert timedelta(hours=75) < failed.ended_at - NOON < timedelta(hours=84)
    assert Attempt.objects.count() == 10


def test_a_webhook_nothing_reached_for_three_days_is_stopped_with_its_last_message() -> None:
    made = worlds.webhook()
    sent, later = worlds.pinged(made), worlds.pinged(made, now=NOON + 4 * DAY)
    with receiving(Outcome.UNREACHABLE):
        for _ in range(10):
            look(fresh(sent).due_at or NOON)
    made.refresh_from_db()
    assert (made.is_active, made.stopped) == (False, "failing")
    assert fresh(later).status == "dropped"


def test_one_success_and_it_is_trusted_again() -> None:
    made = worlds.webhook()
    old, new = worlds.pinged(made), worlds.pinged(made, now=NOON + 80 * HOUR)
    with receiving(*[500] * 9, 204, 500):
        for _ in range(9):
            look(fresh(old).due_at or NOON)
        look(NOON + 80 * HOUR)
    made.refresh_from_db()
    assert made.is_active
    assert {fresh(old).status, fresh(new).status} == {"delivered", "pending"}


def test_410_stops_the_webhook_and_drops_what_was_on_its_way() -> None:
    made = worlds.webhook()
    sent, waiting = worlds.pinged(made), worlds.pinged(made, now=NOON + DAY)
    with receiving(410) as courier:
        look(NOON)
        look(NOON + 2 * DAY)
        worlds.opened()
        look(NOON + 2 * DAY)
    assert len(courier.received) == 1
    made.refresh_from_db()
    assert (made.is_active, made.stopped) == (False, "gone")
    assert (fresh(sent).status, fresh(waiting).status) == ("failed", "dropped")
    assert log(sent) == [("gone", 410)]
    assert not audience.listeners()


def test_a_stopped_one_can_be_activated_and_hears_from_then_on() -> None:
    made = worlds.webhook()
    endpoints.stop(made, because=Stopped.OWNER, now=NOON)
    assert endpoints.stop(made, because=Stopped.GONE, now=NOON) is False
    worlds.opened()
    with receiving(204) as courier:
        look(NOON)
        assert endpoints.activate(made) is True
        assert endpoints.activate(made) is False
        look(NOON)
        assert courier.received == []
        worlds.pinged(made)
        assert look(NOON) == 1


# -- crashes, races -----------------------------------------------------------------------------
class Killed(BaseException):
    """The process is gone: nothing it would have done next is done."""


class Deadly:
    """Delivers, then takes its process along."""

    def __init__(self) -> None:
        self.received: list[Parcel] = []

    def post(self, parcel: Parcel) -> Answer:
        self.received.append(parcel)
        raise Killed


def test_dying_between_sending_and_recording_sends_it_again_under_the_same_id() -> None:
    sent = worlds.pinged(worlds.webhook())
    deadly = Deadly()
    with registry.installed(deadly), pytest.raises(Killed):
        look(NOON)
    assert fresh(sent).status == "pending"
    assert log(sent) == [("", None)]  # it was begun; nobody knows more
    with receiving(204) as courier:
        assert look(NOON + deliveries.CLAIM - SECOND) == 0
        assert look(NOON + deliveries.CLAIM) == 1
    assert fresh(sent).status == "delivered"
    assert log(sent) == [("", None), ("ok", 204)]
    (first,), (second,) = deadly.received, courier.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_who_comes_too_late_with_an_answer_changes_nothing() -> None:
    sent = worlds.pinged(worlds.webhook())
    (slow,) = deliveries.claim(now=NOON, most=1)
    with receiving(204):
        look(NOON + deliveries.CLAIM)
    late = Answer(Outcome.REFUSED, 500)
    assert deliveries.record(slow, late, took_ms=1, now=NOON + 2 * HOUR) is False
    assert fresh(sent).status == "delivered"
    assert log(sent) == [("refused", 500), ("ok", 204)]


def test_a_worker_about_to_leave_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = worlds.pinged(worlds.webhook())
    monkeypatch.setattr(departure, "is_announced", lambda: True)
    with receiving(204):
        assert look(NOON) == 0
    assert fresh(sent).step == 0


def test_a_fault_of_ours_is_on_record_and_spoils_no_other() -> None:
    broken = worlds.pinged(worlds.webhook(host="broken.example.org"))
    fine = worlds.pinged(worlds.subscribe(worlds.account("bela")).webhook)

    class Faulty:
        def post(self, parcel: Parcel) -> Answer:
            if "broken" in parcel.url:
                raise ZeroDivisionError("a bug nobody thought of")
            return Answer(Outcome.OK, 204)

    with registry.installed(Faulty()):
        assert look(NOON) == 2
    assert (log(broken), log(fine)) == ([("fault", None)], [("ok", 204)])


# -- rounds come first --------------------------------------------------------------------------
def test_a_look_is_over_before_the_next_one_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A courier that never comes back holds up a look for its cut, and no longer."""
    sent = worlds.pinged(worlds.webhook())
    assert sweep.WATCH_S + sweep.CUT_S < 10
    monkeypatch.setattr(sweep, "CUT_S", 0.2)

    class Stuck:
        def post(self, _parcel: Parcel) -> Answer:
            time.sleep(1.5)
            return Answer(Outcome.OK, 204)

    with registry.installed(Stuck()):
        assert look(NOON) == 1
    assert log(sent) == [("timeout", None)]


def test_one_webhooks_backlog_delays_no_other() -> None:
    hog = worlds.webhook()
    for _ in range(50):
        worlds.pinged(hog)
    for number in range(20):
        other = worlds.subscribe(worlds.account(f"a{number}"), host="calm.example.org").webhook
        worlds.pinged(other)
    claims = [*deliveries.claim(now=NOON, most=16), *deliveries.claim(now=NOON, most=16)]
    turns = [claim.delivery.webhook_id for claim in claims]
    assert turns.count(hog.pk) == 2 * deliveries.EACH
    assert len(set(turns)) == 21


def test_a_failing_one_is_tried_once_a_look() -> None:
    failing = worlds.webhook()
    for _ in range(5):
        worlds.pinged(failing)
    with receiving(500) as courier:
        look(NOON)
        assert len(courier.received) == deliveries.EACH
        look(NOON + DAY)
        assert len(courier.received) == deliveries.EACH + 1


# -- replay, ping, rotation ---------------------------------------------------------------------
def test_an_ended_delivery_is_replayed_whole_under_its_id() -> None:
    sent = worlds.pinged(worlds.webhook())
    with receiving(204, 500, 204) as courier:
        look(NOON)
        deliveries.replay(sent, now=NOON + DAY)
        with pytest.raises(NotReplayable):
            deliveries.replay(sent, now=NOON + DAY)
        look(NOON + DAY)
        assert fresh(sent).step == 1  # the schedule began anew
        look(fresh(sent).due_at or NOON)
    assert log(sent) == [("ok", 204), ("refused", 500), ("ok", 204)]
    assert len({one.headers["webhook-id"] for one in courier.received}) == 1
    assert len({one.body for one in courier.received}) == 1


def test_what_a_stopped_webhook_missed_is_replayed_only_once_it_is_active() -> None:
    made = worlds.webhook()
    sent = worlds.pinged(made)
    endpoints.stop(made, because=Stopped.OWNER, now=NOON)
    with pytest.raises(NotReplayable):
        deliveries.replay(sent, now=NOON)
    endpoints.activate(made)
    deliveries.replay(sent, now=NOON)
    assert fresh(sent).status == "pending"


def test_a_ping_is_sent_at_most_one_at_a_time() -> None:
    made = worlds.webhook(events=["round.opened"])
    first = deliveries.ping(made, now=NOON)
    assert deliveries.ping(made, now=NOON + SECOND) == first
    with receiving(204) as courier:
        look(NOON)
    assert worlds.content(courier.received[0]) == {
        "type": "webhook.ping",
        "timestamp": "2025-01-15T12:00:00.000Z",
        "data": {
            "webhook": str(made.pk),
            "urls": {"webhook": f"{worlds.SITE}/api/v1/webhooks/{made.pk}"},
        },
    }
    assert deliveries.ping(made, now=NOON) != first
    endpoints.stop(made, because=Stopped.OWNER, now=NOON)
    made.refresh_from_db()
    with pytest.raises(NotReplayable):
        deliveries.ping(made, now=NOON)


def test_two_secrets_for_a_day_then_the_new_one_alone() -> None:
    issued = worlds.subscribe(worlds.account())
    again = endpoints.rotate(issued.webhook, now=NOON)
    assert again.secret != issued.secret
    for hours, olds in ((23, True), (24, False)):
        worlds.pinged(issued.webhook, now=NOON + hours * HOUR)
        with receiving(204) as courier:
            look(NOON + hours * HOUR)
        (parcel,) = courier.received
        late = timedelta(hours=hours)
        assert believed(parcel, again.secret, late=late)
        assert believed(parcel, issued.secret, late=late) is olds
        assert len(parcel.headers["webhook-signature"].split(" ")) == 1 + olds


def test_the_sites_own_key_may_be_replaced_too(settings: Any) -> None:
    issued = worlds.subscribe(worlds.account())
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" * 5
    worlds.pinged(issued.webhook)
    with receiving(204) as courier:
        look(NOON)
    assert believed(courier.received[0], issued.secret)
    assert believed(courier.received[0], signatures.shown(secrets.current(issued.webhook)))
    assert issued.secret != signatures.shown(secrets.current(issued.webhook))


# -- what stays ---------------------------------------------------------------------------------
def test_deliveries_are_forgotten_a_month_after_their_end() -> None:
    made = worlds.webhook()
    done, waiting = worlds.pinged(made), worlds.pinged(made, now=NOON + 90 * DAY)
    with receiving(204):
        look(NOON)
    assert leftovers.forget(now=NOON + 30 * DAY) == 0
    assert leftovers.forget(now=NOON + 31 * DAY) == 2  # with its attempt
    assert list(Delivery.objects.all()) == [waiting]
    assert not Delivery.objects.filter(pk=done.pk).exists()


def test_no_secret_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    issued = worlds.subscribe(worlds.account(), host="canary-host.example.org")
    worlds.pinged(issued.webhook)
    with receiving(204):  # who does not know that host
        look(NOON)
    again = endpoints.rotate(issued.webhook, now=NOON)
    records = json.dumps([vars(record) for record in caplog.records], default=repr)
    assert "webhook not delivered" in records
    row = Webhook.objects.values().get()
    for secret in (issued.secret, again.secret, row["salt"], row["old_salt"]):
        assert secret.removeprefix("whsec_") not in records
    for telling in ("canary-host", "v1,", "webhook-signature"):
        assert telling not in records
    assert not {issued.secret, again.secret} & set(map(str, row.values()))
