"""PostgreSQL and Redis of the bench's own, and a migrated database for every topic.

PostgreSQL is told the truth about disks (fsync, full_page_writes) and kept from doing anything
nobody asked for meanwhile (autovacuum, parallel workers, just-in-time compilation).
"""

import contextlib
import math
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.services import servers

SETTINGS: Final = {
    "fsync": "on",
    "full_page_writes": "on",
    "jit": "off",
    "max_parallel_workers_per_gather": 0,
    "autovacuum": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
}
TEMPLATE: Final = "bench_template"


@dataclass(frozen=True, slots=True)
class Cluster:
    postgres: servers.Postgres
    redis_url: str

    def open(self, topic: str) -> None:
        """Point Django, and the processes a topic starts, at a fresh database and empty Redis."""
        import redis  # noqa: PLC0415 -- after the environment is set
        from django.db import connection  # noqa: PLC0415 -- after the environment is set

        from config.postgresql import base  # noqa: PLC0415 -- after the environment is set

        connection.close()
        name = f"bench_{topic}"
        self.postgres.run(f'DROP DATABASE IF EXISTS "{name}"')
        self.postgres.run(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
        os.environ["DATABASE_URL"] = self.postgres.url(name)
        connection.settings_dict["NAME"] = name
        # The limits that protect a service would cut a measurement short.
        connection.settings_dict["OPTIONS"] = {"options": "-c timezone=UTC"}
        base.PatientConnection.patience_s = math.inf
        redis.Redis.from_url(self.redis_url).flushall()

    def versions(self) -> list[str]:
        import psycopg  # noqa: PLC0415 -- after the environment is set
        import redis  # noqa: PLC0415 -- after the environment is set

        with psycopg.connect(self.postgres.url("postgres")) as connection:
            database = connection.info.server_version // 10_000
        broker = redis.Redis.from_url(self.redis_url).info("server")["redis_version"]
        return [f"PostgreSQL {database}", f"Redis {broker}"]

    def close(self, topic: str) -> None:
        from django.db import connection  # noqa: PLC0415 -- after the environment is set

        connection.close()
        self.postgres.run(f'DROP DATABASE IF EXISTS "bench_{topic}" WITH (FORCE)')


@contextlib.contextmanager
def running() -> Iterator[Cluster]:
    """Servers up, Django set up on them, the template migrated.

    :raises tests.services.servers.ServerMissing: where PostgreSQL is not installed.
    """
    folder = tempfile.TemporaryDirectory(prefix="league-bench-")
    with folder as var, servers.postgres(SETTINGS) as postgres, servers.redis_server() as redis:
        os.environ |= {
            "DATABASE_URL": postgres.create(TEMPLATE),
            "REDIS_URL": redis,
            "VAR_DIR": var,
            "RATE_LIMIT_RPM": "1000000",
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "bench.refs.settings",
        }
        _migrate()
        yield Cluster(postgres, redis)


def _migrate() -> None:
    import django  # noqa: PLC0415 -- after the environment is set

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 -- after the setup
    from django.db import connection  # noqa: PLC0415 -- after the setup

    call_command("migrate", verbosity=0)
    connection.close()
