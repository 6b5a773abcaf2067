from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from league import memories
from markets import bars
from tests.api import witness
from tests.api import world as worlds


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Every test starts with empty memories."""
    cache.clear()
    bars.forget()
    memories.forget()
    yield
    bars.forget()


@pytest.fixture(autouse=True)
def _promised(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test is given an answer that the schema does not promise."""
    ask = Client.request

    def asked(client: Client, **request: Any) -> Any:
        answer = ask(client, **request)
        if "HTTP_X_TEST_LOSE" in request:  # tests.api.lossy: nobody was answered
            return answer
        method, path = request["REQUEST_METHOD"], request["PATH_INFO"]
        assert not witness.objections(method, path, answer), (method, path, answer.status_code)
        return answer

    monkeypatch.setattr(Client, "request", asked)


@pytest.fixture(scope="module")
def _built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[worlds.World]:
    """Built once per module in a transaction of its own; each test rolls back to it."""
    with django_db_blocker.unblock():
        around_all = transaction.atomic()
        around_all._from_testcase = True  # type: ignore[attr-defined]  # as django.test.TestCase marks its own
        around_all.__enter__()
        try:
            yield worlds.build(timezone.now().replace(microsecond=0))
        finally:
            transaction.set_rollback(True)
            around_all.__exit__(None, None, None)


@pytest.fixture
def world(_built: worlds.World, db: None) -> worlds.World:
    return _built
