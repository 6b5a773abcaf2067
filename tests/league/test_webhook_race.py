"""Several lookers at the same moment tell once, and send once."""

from pathlib import Path

from pytest_django import DjangoDbBlocker

from league.models import Delivery
from league.webhooks import outbox
from tests import disk
from tests.factories import NOON
from tests.league import webhook_world as worlds
from tests.league.webhook_world import look, receiving


def test_many_tellers_at_once_tell_once(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), disk.database(tmp_path):
        worlds.webhook()
        worlds.opened()
        made = disk.race(*[lambda: outbox.publish(now=NOON)] * 5)
        assert sorted(made, key=str) == [0, 0, 0, 0, 1]
        assert Delivery.objects.count() == 1


def test_senders_at_once_send_once(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock(), disk.database(tmp_path):
        made = worlds.webhook()
        for _ in range(4):
            worlds.pinged(made)
        with receiving(204) as courier:
            answers = disk.race(*[lambda: look(NOON)] * 4)
        assert sum(one for one in answers if isinstance(one, int)) == 4
        ids = [parcel.headers["webhook-id"] for parcel in courier.received]
        assert (len(ids), len(set(ids))) == (4, 4)
        assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}
