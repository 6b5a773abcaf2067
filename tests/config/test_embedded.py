"""What one machine brings along: the lock of its folder, its ports, its own broker."""

import os
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from config import embedded
from config.supervisor import Supervisor


@pytest.fixture
def boss(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(environment=os.environ, log_dir=tmp_path / "logs", report=print)
    yield made
    made.stop(list(made.children))
    made.dismiss_guardian()


def test_a_folder_serves_one_supervisor_at_a_time(tmp_path: Path) -> None:
    lock = embedded.claim(tmp_path)
    with pytest.raises(embedded.AlreadyRunning, match=str(tmp_path)):
        embedded.claim(tmp_path)
    os.close(lock)
    os.close(embedded.claim(tmp_path))


def test_a_port_in_use_is_refused_and_a_free_one_is_not() -> None:
    with socket.socket() as listener:
        listener.bind((embedded.HOST, 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(embedded.PortBusy, match=str(port)):
            embedded.require_free(port)
    embedded.require_free(embedded.free_port())


def connect(url: str) -> "redis.Redis":
    client = redis.Redis.from_url(url, socket_timeout=5)
    for _ in range(200):
        try:
            client.ping()
        except (redis.ConnectionError, redis.BusyLoadingError):
            time.sleep(0.02)
        else:
            return client
    raise AssertionError("the broker does not answer")


def test_the_bundled_broker_answers_only_with_its_password_and_survives_a_kill(
    boss: Supervisor, tmp_path: Path
) -> None:
    role, url = embedded.broker(tmp_path / "valkey")
    boss.start(role, now_s=time.monotonic())
    client = connect(url)
    client.set("kept", "yes")
    client.execute_command("WAITAOF", 1, 0, 2000)
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(f"redis://{url.rpartition('@')[2]}").ping()
    boss.stop(["broker"], is_urgent=lambda: True)
    boss.start(role, now_s=time.monotonic())
    assert connect(url).get("kept") == b"yes"


def test_the_broker_password_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    embedded.broker(tmp_path)
    assert stat.S_IMODE((tmp_path / "valkey.conf").stat().st_mode) == 0o600
