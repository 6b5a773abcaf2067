"""What only the network can do: lie about names, stall, trickle, redirect, pretend."""

import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from league.models.delivery import Outcome
from league.webhooks.couriers import http
from league.webhooks.couriers.base import Answer, Parcel
from tests.league import receivers
from tests.league.receivers import NAME, Receiver

HASTE_S = 0.6


def loopback(*, timeout_s: float = http.TIMEOUT_S) -> http.Http:
    return http.Http(allow_loopback=True, resolve=lambda *_: ["127.0.0.1"], timeout_s=timeout_s)


def post(courier: http.Http, url: str) -> Answer:
    return courier.post(Parcel(url, {"webhook-id": "msg_1"}, b"{}"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receivers.serving(Receiver()) as serving:
        yield serving


def test_the_connection_goes_to_the_address_that_was_judged(receiver: Receiver) -> None:
    """A name that answers otherwise the second time is asked once."""
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    courier = http.Http(allow_loopback=True, resolve=rebinding)
    assert post(courier, receiver.url(NAME)).outcome == Outcome.OK
    assert asked == [NAME]
    assert receiver.got[0].headers["Host"] == f"{NAME}:{receiver.port}"
    assert post(courier, receiver.url(NAME)).outcome == Outcome.BLOCKED
    assert len(receiver.got) == 1


def test_this_machine_is_closed_without_the_setting(receiver: Receiver) -> None:
    closed = http.Http(resolve=lambda *_: ["127.0.0.1"])
    assert post(closed, f"https://{NAME}:{receiver.port}/").outcome == Outcome.BLOCKED
    assert post(closed, receiver.url()).outcome == Outcome.BLOCKED
    assert receiver.got == []


def test_the_system_resolves_names() -> None:
    assert http.resolved("127.0.0.1", 80) == ["127.0.0.1"]
    assert "127.0.0.1" in http.resolved("localhost", 80)


def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver) -> None:
    receiver.statuses, receiver.headers = (302,), {"Location": receiver.url(path="/other")}
    assert post(loopback(), receiver.url()) == Answer(Outcome.REDIRECT, 302)
    assert [one.path for one in receiver.got] == ["/hook"]


def test_the_query_and_the_port_are_kept(receiver: Receiver) -> None:
    assert post(loopback(), receiver.url(path="/a?b=c&d=%20")).outcome == Outcome.OK
    assert receiver.got[0].path == "/a?b=c&d=%20"


def test_proxies_of_the_environment_are_not_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{receivers.closed_port()}")
    assert post(loopback(), receiver.url()).outcome == Outcome.OK


def test_a_huge_body_is_not_read_to_its_end(receiver: Receiver) -> None:
    receiver.statuses, receiver.body = (200,), b"x" * 20_000_000
    began_s = time.monotonic()
    assert post(loopback(), receiver.url()) == Answer(Outcome.OK, 200)
    assert time.monotonic() - began_s < http.TIMEOUT_S


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 " + b"9" * 100,
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
    ],
    ids=["status", "header", "continue"],
)
def test_a_trickle_ends_with_the_time(receiver: Receiver, raw: bytes) -> None:
    """Every byte comes in good time, the whole never would."""
    receiver.raw, receiver.pause_s = raw, 0.05
    assert stalled(receiver.url()) == Outcome.TIMEOUT


def test_a_trickling_body_does_not_undo_the_status(receiver: Receiver) -> None:
    receiver.raw = b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n" + b"x" * 200
    receiver.pause_s = 0.005
    began_s = time.monotonic()
    assert post(loopback(timeout_s=HASTE_S), receiver.url()) == Answer(Outcome.OK, 200)
    assert time.monotonic() - began_s < HASTE_S + 1


def test_a_receiver_that_works_first_is_given_up(receiver: Receiver) -> None:
    receiver.delay_s = 1.5
    assert stalled(receiver.url()) == Outcome.TIMEOUT
    assert len(receiver.got) == 1  # it did arrive: the next attempt will have the same id


def test_one_that_never_speaks_is_given_up() -> None:
    with receivers.silence() as port:
        assert stalled(f"http://127.0.0.1:{port}/") == Outcome.TIMEOUT
        assert stalled(f"https://{NAME}:{port}/") == Outcome.TIMEOUT  # nor shakes hands


def stalled(url: str) -> Outcome:
    began_s = time.monotonic()
    answer = post(loopback(timeout_s=HASTE_S), url)
    assert time.monotonic() - began_s < HASTE_S + 1
    assert answer.status is None
    return answer.outcome


def test_nobody_at_home_is_no_exception() -> None:
    url = f"http://127.0.0.1:{receivers.closed_port()}/"
    assert post(loopback(), url).outcome == Outcome.UNREACHABLE


def test_the_second_address_is_tried(receiver: Receiver) -> None:
    both = http.Http(allow_loopback=True, resolve=lambda *_: ["::1", "127.0.0.1"])
    assert post(both, receiver.url(NAME)).outcome == Outcome.OK


@pytest.mark.parametrize(
    "raw",
    [b"hello", b"HTTP/1.1 two hundred\r\n\r\n", b"HTTP/9.9 200 OK\r\n" * 3, b"\0\xff" * 40,
     b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300 + b"\r\n", b"X: " + b"a" * 70_000],
)  # fmt: skip
def test_what_is_not_http_is_no_exception(receiver: Receiver, raw: bytes) -> None:
    receiver.raw = raw
    answer = post(loopback(), receiver.url())
    assert answer == Answer(Outcome.UNREACHABLE)


# -- TLS ----------------------------------------------------------------------------------------
def over_tls(context: ssl.SSLContext, *, timeout_s: float = 5.0) -> http.Http:
    return http.Http(
        allow_loopback=True,
        resolve=lambda *_: ["127.0.0.1"],
        context=lambda: context,
        timeout_s=timeout_s,
    )


def test_a_certificate_is_checked_for_the_name_and_not_the_address(tmp_path: Path) -> None:
    mine = receivers.identity(tmp_path)
    with receivers.serving(Receiver(), context=mine.server) as receiver:
        url = receiver.url(NAME, scheme="https")
        assert post(over_tls(mine.trusting), url) == Answer(Outcome.OK, 204)
        assert receiver.got[0].headers["Host"] == f"{NAME}:{receiver.port}"
        other = receiver.url("other.example.org", scheme="https")
        assert post(over_tls(mine.trusting), other) == Answer(Outcome.UNTRUSTED)
        strangers = ssl.create_default_context()
        assert post(over_tls(strangers), url) == Answer(Outcome.UNTRUSTED)
        assert len(receiver.got) == 1


def test_in_the_clear_on_a_tls_port_is_no_exception(tmp_path: Path) -> None:
    mine = receivers.identity(tmp_path)
    with receivers.serving(Receiver()) as receiver:
        url = receiver.url(NAME, scheme="https")
        assert post(over_tls(mine.trusting), url).outcome == Outcome.UNREACHABLE


def test_a_trickle_under_tls_ends_with_the_time(tmp_path: Path) -> None:
    mine = receivers.identity(tmp_path)
    slow = Receiver(raw=b"HTTP/1.1 " + b"9" * 100, pause_s=0.05)
    with receivers.serving(slow, context=mine.server) as receiver:
        url = receiver.url(NAME, scheme="https")
        answer = post(over_tls(mine.trusting, timeout_s=HASTE_S), url)
    assert answer == Answer(Outcome.TIMEOUT)
