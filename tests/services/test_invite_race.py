"""Many accept one invitation on PostgreSQL, and many are handed one league."""

import pytest
from pytest_django import DjangoDbBlocker

from tests.chaos import engine
from tests.league import test_invites as races
from tests.services import servers


@pytest.mark.services
def test_no_interleaving_lets_in_too_many_or_leaves_two_owners(
    postgres: servers.Postgres, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), engine.database(postgres):
        races.judge(races.joining())
        races.handed_over()
