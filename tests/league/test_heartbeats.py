from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from league import heartbeats
from league.models import Heartbeat
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def test_nobody_has_an_age_before_the_first_beat() -> None:
    assert heartbeats.ages(now=NOON) == {}


def test_a_queue_at_work_tells_of_beat_as_well() -> None:
    heartbeats.record("tick", now=NOON)
    heartbeats.record("chain", now=NOON + timedelta(seconds=50))
    ages = heartbeats.ages(now=NOON + timedelta(seconds=70))
    assert ages == {"beat": 20, "chain": 20, "tick": 70}
    assert [name for name, age_s in ages.items() if heartbeats.is_late(age_s)] == ["tick"]


def test_a_beat_is_one_statement_and_one_row(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    heartbeats.record("tick", now=NOON)
    with django_assert_num_queries(1):
        heartbeats.record("tick", now=NOON + timedelta(seconds=10))
    assert Heartbeat.objects.count() == 2
