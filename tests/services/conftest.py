"""One PostgreSQL and one Redis for the session; every test gets databases of its own."""

import uuid
from collections.abc import Iterator

import pytest

from tests.services import servers


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    try:
        servers.postgres_binaries()
    except servers.ServerMissing as missing:
        pytest.skip(f"THE POSTGRESQL PATH IS NOT TESTED HERE: {missing}")
    with servers.postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: servers.Postgres) -> str:
    return postgres.create(f"league_{uuid.uuid4().hex[:12]}")


@pytest.fixture
def redis_url() -> Iterator[str]:
    with servers.redis_server() as url:
        yield url
