"""The first requests of a person the issuer knows, all at once."""

from pathlib import Path

from django.contrib.auth.models import User
from pytest_django import DjangoDbBlocker

from league.models import Identity
from league.oidc import people
from league.oidc.tokens import Claims
from tests import disk
from tests.factories import NOON


def test_many_first_requests_at_once_make_one_account(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), disk.database(tmp_path):
        claims = Claims("https://issuer.example", "ada", frozenset())

        def enter() -> User:
            return people.of(claims, may_enrol=True, now=NOON)

        found = disk.race(*[enter] * 6)
        assert {each.pk for each in found if isinstance(each, User)} == {User.objects.get().pk}
        assert all(isinstance(each, User) for each in found)
        assert Identity.objects.count() == 1
