"""The example for bot authors against real deliveries on loopback, through the one courier."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from league.models import Delivery
from league.webhooks import deliveries, endpoints, signatures
from league.webhooks.endpoints import Wanted
from tests.league import receivers
from tests.league import webhook_world as worlds
from tests.league.webhook_world import fresh, log, look

pytestmark = pytest.mark.django_db
EXAMPLE = Path(__file__).parents[2] / "examples" / "webhook_receiver.py"


@contextmanager
def running(port: int, secret: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLE), str(port)],
        env={"PATH": os.environ["PATH"], "WEBHOOK_SECRET": secret},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        until_it_answers(port)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=10)
        assert process.stdout is not None
        process.stdout.close()


def until_it_answers(port: int) -> None:
    ends_s = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < ends_s, "the receiver did not start"
            time.sleep(0.05)
        else:
            return


def post(port: int, headers: dict[str, str], body: bytes) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("POST", "/", body, headers)
        with connection.getresponse() as answer:
            return answer.status


def test_a_real_delivery_is_verified_and_a_forged_one_is_not(settings: Any) -> None:
    settings.WEBHOOK_LOOPBACK = True
    now, port = datetime.now(UTC), receivers.closed_port()
    wanted = Wanted(f"http://127.0.0.1:{port}/", ["round.opened"], "http://127.0.0.1:8000")
    issued = endpoints.create(account=worlds.account(), wanted=wanted, now=now)
    sent = deliveries.ping(issued.webhook, now=now)
    assert look(now) == 1
    assert log(sent) == [("unreachable", None)]
    with running(port, issued.secret) as process:
        assert look(now + timedelta(seconds=6)) == 1
        assert fresh(sent).status == "delivered"
        assert log(sent)[-1] == ("ok", 204)
        forged = signatures.headers("msg_1", b"{}", at=now, secrets=[b"another secret"])
        assert post(port, forged, b"{}") == 401
        assert post(port, {}, b"{}") == 401
        deliveries.replay(fresh(sent), now=now)
        assert look(now + timedelta(seconds=7)) == 1  # accepted again, and told once
        endpoints.rotate(issued.webhook, now=now)
        other = worlds.pinged(issued.webhook, now=now)
        assert look(now + timedelta(seconds=8)) == 1  # the old secret still counts
        assert fresh(other).status == "delivered"
        process.terminate()
        assert process.stdout is not None
        printed = process.stdout.read().splitlines()
    assert [line.split(" ")[1] for line in printed] == ["webhook.ping", "webhook.ping"]


def test_this_machine_is_closed_unless_development_says_otherwise(settings: Any) -> None:
    settings.WEBHOOK_LOOPBACK = True
    with receivers.serving(receivers.Receiver()) as receiver:
        wanted = Wanted(receiver.url(), ["round.opened"], "http://127.0.0.1:8000")
        now = datetime.now(UTC)
        webhook = endpoints.create(account=worlds.account(), wanted=wanted, now=now).webhook
        sent = deliveries.ping(webhook, now=now)
        settings.WEBHOOK_LOOPBACK = False
        assert look(now) == 1
        assert log(sent) == [("blocked", None)]
        assert receiver.got == []
    assert Delivery.objects.get().status == "pending"


def test_it_is_short_and_needs_nothing() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert len(lines) < 60
    imported = {
        line.split()[1].partition(".")[0]
        for line in lines
        if line.startswith(("import ", "from "))
    }
    assert imported <= set(sys.stdlib_module_names)
