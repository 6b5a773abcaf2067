"""The test process itself on a real PostgreSQL: its queries go there for the length of a block."""

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
from django.apps import apps
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections

from tests.services.servers import HOST, Postgres

TEMPLATE = "league_template"
OPTIONS = "-c statement_timeout=60000 -c lock_timeout=3000 -c timezone=UTC"


@contextlib.contextmanager
def database(server: Postgres) -> Iterator[None]:
    """A migrated database of its own; migrating is done once per server, then copied."""
    name = f"league_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        if not admin.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]
        ).fetchone():
            server.create(TEMPLATE)
            with _switched(server, TEMPLATE):
                call_command("migrate", verbosity=0, interactive=False)
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"'.encode())
    with _switched(server, name):
        yield
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def truncate(*labels: str) -> None:
    """Empty the tables of these models at once, and of nothing else."""
    tables = ", ".join(f'"{apps.get_model(label)._meta.db_table}"' for label in labels)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables}")


@contextlib.contextmanager
def _switched(server: Postgres, name: str) -> Iterator[None]:
    before = connections.settings[DEFAULT_DB_ALIAS]
    place: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": "league",
        "HOST": HOST,
        "PORT": str(server.port),
        "OPTIONS": {"options": OPTIONS},
    }
    raw = {DEFAULT_DB_ALIAS: place}
    _switch(connections.configure_settings(raw)[DEFAULT_DB_ALIAS])
    try:
        yield
    finally:
        _switch(before)


def _switch(settings: Any) -> None:
    connections[DEFAULT_DB_ALIAS].close()
    del connections[DEFAULT_DB_ALIAS]
    connections.settings[DEFAULT_DB_ALIAS] = settings
