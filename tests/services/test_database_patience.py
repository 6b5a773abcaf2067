"""A database that stops answering, in every way it can: the client gives up by its own clock."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker

from config.postgresql import base
from tests.services import project, servers
from tests.services.proxy import Proxy

pytestmark = pytest.mark.services
LIMITS = {
    "statement_timeout": "10s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "10s",
    "TimeZone": "UTC",
}
NAMES = list(LIMITS)


@pytest.fixture
def proxy(postgres: servers.Postgres) -> Iterator[Proxy]:
    with Proxy(postgres.port) as made:
        yield made


@pytest.fixture
def database(
    proxy: Proxy, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[base.DatabaseWrapper]:
    """The project's own wrapper, impatient."""
    monkeypatch.setattr(base.PatientConnection, "patience_s", 0.5)
    monkeypatch.setattr(base, "PATIENCE_S", 0.5)
    monkeypatch.setattr(base, "USABLE_WITHIN_S", 0.2)
    options: dict[str, Any] = {"connect_timeout": 2, "tcp_user_timeout": 5000}
    place = {"HOST": "127.0.0.1", "PORT": proxy.port, "USER": "league", "NAME": "postgres"}
    entry = place | {"ENGINE": "config.postgresql", "OPTIONS": options}
    handler = ConnectionHandler({"default": entry})
    wrapper = handler["default"]
    assert isinstance(wrapper, base.DatabaseWrapper)
    with django_db_blocker.unblock():
        yield wrapper
        wrapper.close()


def ask(database: base.DatabaseWrapper, query: str = "SELECT 1") -> Any:
    with database.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


@pytest.mark.parametrize("fault", ["stall", "vanish"])
def test_a_silent_database_is_given_up_and_a_new_connection_made(
    database: base.DatabaseWrapper, proxy: Proxy, fault: str
) -> None:
    assert ask(database) == 1
    getattr(proxy, fault)()
    with pytest.raises(OperationalError):
        ask(database)
    assert database.connection.closed
    proxy.heal()
    database.close_if_unusable_or_obsolete()
    assert ask(database) == 1
    assert proxy.links == 2


def test_an_idle_connection_that_has_lost_its_peer_is_found_unusable(
    database: base.DatabaseWrapper, proxy: Proxy
) -> None:
    assert ask(database) == 1
    assert database.is_usable()
    assert database.connection.patience_s == 0.5
    proxy.half_open()
    assert not database.is_usable()


def test_a_database_that_cannot_be_reached_is_a_named_failure(
    database: base.DatabaseWrapper, proxy: Proxy
) -> None:
    proxy.stall()
    with pytest.raises(OperationalError, match="timeout"):
        ask(database)


def test_who_lifts_the_servers_limit_may_wait(database: base.DatabaseWrapper) -> None:
    with pytest.raises(OperationalError):
        ask(database, "SELECT pg_sleep(1)")
    database.close()
    with database.cursor() as cursor:
        cursor.connection.patience_s = math.inf
        cursor.execute("SELECT 2 FROM pg_sleep(1)")
        assert cursor.fetchone()[0] == 2


def test_who_raises_the_limit_in_a_transaction_may_wait_until_it_ends(
    database: base.DatabaseWrapper,
) -> None:
    assert ask(database) == 1
    database.set_autocommit(False)
    database.connection.longer_s = 5.0
    assert ask(database, "SELECT 2 FROM pg_sleep(1)") == 2
    assert database.connection.longer_s == 5.0
    database.commit()
    database.set_autocommit(True)
    assert database.connection.longer_s == 0.0
    with pytest.raises(OperationalError):
        ask(database, "SELECT 2 FROM pg_sleep(1)")


def test_the_sessions_limits_are_in_force(postgres_url: str, tmp_path: Path) -> None:
    code = (
        "import json; from django.db import connection as c; k = c.cursor();"
        f" print(json.dumps({{n: (k.execute('SHOW ' + n), k.fetchone()[0])[1] for n in {NAMES}}}))"
    )
    environment = project.environment(database_url=postgres_url, redis_url="", var_dir=tmp_path)
    shown = project.run(["manage.py", "shell", "--verbosity=0", "-c", code], env=environment)
    assert json.loads(shown) == LIMITS
