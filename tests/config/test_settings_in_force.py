"""Every setting the reliability of the league rests on, read where it takes effect.

Not from the settings file: from the Celery application, from a broker channel, from a database
session, from the commands that start the servers.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from config import allowance, embedded, reachability, schedule
from config.celery import app

REPOSITORY = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()

CELERY = {
    "enable_utc": True,
    "timezone": "UTC",
    "accept_content": ["json"],
    "task_serializer": "json",
    "result_backend": None,
    "task_ignore_result": True,
    "task_acks_late": False,
    "task_reject_on_worker_lost": None,
    "task_publish_retry_policy": {"max_retries": 0},
    "task_soft_time_limit": 60,
    "task_time_limit": 90,
    "worker_prefetch_multiplier": 1,
    "worker_disable_prefetch": True,
    "worker_max_tasks_per_child": 500,
    "worker_soft_shutdown_timeout": 20,
    "broker_connection_max_retries": None,
    "broker_transport_options": {
        "visibility_timeout": 300,
        "socket_timeout": 10,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "retry_on_timeout": True,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    },
}
DJANGO = {
    "TIME_ZONE": "UTC",
    "USE_TZ": True,
    "ATOMIC_REQUESTS": False,
    "DATA_UPLOAD_MAX_MEMORY_SIZE": 64 * 1024,
    "CELERY_BEAT_SCHEDULER": "django_celery_beat.schedulers:DatabaseScheduler",
}
GUNICORN = {
    "--worker-class": "gthread",
    "--timeout": "30",
    "--no-control-socket": None,
    "--worker-tmp-dir": "/dev/shm",
}
REDIS = {
    "requirepass": r"requirepass \S+",
    "append-only file": r"appendonly yes",
    "flushed every second": r"appendfsync everysec",
    "never forgets": r"maxmemory-policy noeviction",
}
HEAVY = ("web3", "eth_account", "sklearn", "scipy", "google.generativeai", "grpc")


@pytest.mark.parametrize("name", CELERY)
def test_celery(name: str) -> None:
    assert getattr(app.conf, name) == CELERY[name]


@pytest.mark.parametrize("name", DJANGO)
def test_django(name: str) -> None:
    assert getattr(settings, name) == DJANGO[name]


def test_results_go_nowhere() -> None:
    assert type(app.backend).__name__ == "DisabledBackend"


def test_sigterm_is_not_made_into_something_harder() -> None:
    assert "REMAP_SIGTERM" not in DOCKERFILE + (REPOSITORY / "docker-compose.yml").read_text()
    assert "REMAP_SIGTERM" not in os.environ


# -- the broker -----------------------------------------------------------------------------------
def test_the_transport_options_reach_the_brokers_connections() -> None:
    """A misspelt option would be ignored without a word."""
    options = CELERY["broker_transport_options"]
    with app.connection_for_write("redis://127.0.0.1:1/0") as connection:
        transport = connection.transport
        channel = transport.Channel.__new__(transport.Channel)
        known = set(channel.from_transport_options) | {"socket_timeout"}
    assert set(options) <= known  # type: ignore[call-overload]


def test_each_queue_has_an_exchange_of_its_own() -> None:
    queues = {queue.name: queue for queue in app.conf.task_queues}
    assert set(queues) == {"tick", "work", "ml", "chain"}
    assert {name: queue.exchange.name for name, queue in queues.items()} == {
        name: name for name in queues
    }


@pytest.mark.parametrize("task", schedule.TASKS)
def test_a_hint_is_routed_and_expires_with_its_period(task: str) -> None:
    queue, period = schedule.TASKS[task]
    assert app.conf.task_routes[task] == {"queue": queue}
    entry = app.conf.beat_schedule[task]
    assert (entry["schedule"], entry["options"]) == (period, {"expire_seconds": period})


def queues_of(command: list[str]) -> tuple[str, str]:
    return (
        command[command.index("--queues") + 1],
        command[command.index("--concurrency") + 1],
    )


def test_the_clock_and_the_chain_have_a_process_of_their_own() -> None:
    services = COMPOSE["services"]
    workers = {
        name: one["command"]
        for name, one in services.items()
        if "worker" in str(one.get("command"))
    }
    assert {name: queues_of(command) for name, command in workers.items()} == {
        "tick": ("tick", "1"),
        "worker": ("work,ml", "2"),
        "chain": ("chain", "1"),
    }
    assert queues_of(list(embedded.tick().command)) == ("tick", "1")
    keyed = [name for name, one in services.items() if "PRIVATE_KEY" in one.get("environment", {})]
    assert keyed == ["chain"]


# -- the servers ----------------------------------------------------------------------------------
@pytest.mark.parametrize("setting", REDIS)
def test_redis(tmp_path: Path, setting: str) -> None:
    embedded.broker(tmp_path)
    for text in (
        str(COMPOSE["services"]["redis"]["command"]),
        (tmp_path / "valkey.conf").read_text(),
    ):
        assert re.search(REDIS[setting], text)


@pytest.mark.parametrize("option", GUNICORN)
def test_gunicorn(option: str) -> None:
    cmd = re.search(r"^CMD (\[\"gunicorn\".*?\])$", DOCKERFILE.replace("\\\n", ""), re.MULTILINE)
    assert cmd is not None
    assert "command" not in COMPOSE["services"]["web"], "compose runs the image's own command"
    for command in (json.loads(cmd[1]), list(embedded.web(port=8000).command)):
        place = command.index(option)
        if GUNICORN[option] is not None:
            assert command[place + 1] == GUNICORN[option]


def test_a_stop_takes_less_than_its_grace() -> None:
    assert COMPOSE["x-league"]["stop_grace_period"] == "30s"
    assert embedded.worker().grace_s == embedded.web(port=1).grace_s == 25


# -- what only shows with PostgreSQL and Redis configured -----------------------------------------
def configured(expression: str) -> Any:
    """An expression over the settings `s` of a process that is told of both servers."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgresql://league@127.0.0.1:1/league",
        "REDIS_URL": "redis://:secret@127.0.0.1:1/0",
    }
    code = f"import json; from config import settings as s; print(json.dumps({expression}))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=REPOSITORY,
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_postgresql() -> None:
    database = configured("s.DATABASES['default']")
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (60, True)
    assert database["ENGINE"] == "config.postgresql"
    options = database["OPTIONS"]
    assert options["connect_timeout"] == 3
    assert options["tcp_user_timeout"] == 5000
    given = dict(re.findall(r"-c (\w+)=(\w+)", options["options"]))
    assert given == {
        "statement_timeout": "10000",
        "lock_timeout": "3000",
        "idle_in_transaction_session_timeout": "10000",
        "timezone": "UTC",
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "15000",
    }


def test_the_cache_is_another_database_than_the_queues() -> None:
    assert configured("[s.CELERY_BROKER_URL, s.CACHE_REDIS_URL]") == [
        "redis://:secret@127.0.0.1:1/0",
        "redis://:secret@127.0.0.1:1/1",
    ]
    cache = configured("s.CACHES['default']")
    assert cache["LOCATION"] == "redis://:secret@127.0.0.1:1/1"
    assert cache["OPTIONS"]["pool_class"] == "config.reachability.Pool"


def test_nobody_waits_long_for_the_cache() -> None:
    pool = reachability.Pool.from_url("redis://127.0.0.1:1/0", reach_url="redis://127.0.0.1:1/0")
    given = pool.connection_kwargs
    assert (given["socket_connect_timeout"], given["socket_timeout"]) == (1, 0.5)
    assert given["retry"].get_retries() == 0
    assert max(allowance.TIMEOUTS.values()) < 0.3


@pytest.mark.parametrize("entrance", ["config.wsgi", "config.celery"])
def test_what_is_heavy_is_imported_after_the_fork(entrance: str) -> None:
    """The tasks included; sessions are made where they are used."""
    code = (
        f"import json, sys, {entrance} as entrance, django; django.setup();"
        " from config.celery import app; app.loader.import_default_modules();"
        f" print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=REPOSITORY,
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == []
