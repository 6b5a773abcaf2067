"""One suite for whatever carries webhooks: the network, and its twin in memory."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from league.models.delivery import Outcome
from league.webhooks.couriers import base, http, simulated
from league.webhooks.couriers.base import Answer, Courier, Parcel
from tests.league import hostile_targets as corpus
from tests.league import receivers

HEADERS = {"Content-Type": "application/json", "webhook-id": "msg_1", "webhook-signature": "v1,a"}


@dataclass
class Stage:
    """A courier, a receiver's URL, and what reached it: the path's headers and bodies."""

    courier: Courier
    url: str
    got: Callable[[], list[tuple[dict[str, str], bytes]]]

    def post(self, url: str = "", body: bytes = b"{}") -> Answer:
        return self.courier.post(Parcel(url or self.url, HEADERS, body))


Set = Callable[..., contextlib.AbstractContextManager[Stage]]


@contextlib.contextmanager
def on_loopback(*statuses: int) -> Iterator[Stage]:
    """Names are resolved to this machine, which development allows."""
    with receivers.serving(receivers.Receiver(statuses=statuses or (204,))) as receiver:
        courier = http.Http(allow_loopback=True, resolve=lambda *_: ["127.0.0.1"])
        yield Stage(
            courier,
            receiver.url(receivers.NAME),
            lambda: [(one.headers, one.body) for one in receiver.got],
        )


@contextlib.contextmanager
def in_memory(*statuses: int) -> Iterator[Stage]:
    receiver = simulated.Receiver(statuses=statuses or (204,))
    courier = simulated.Simulated({receivers.NAME: receiver}, allow_loopback=True)
    yield Stage(
        courier,
        f"http://{receivers.NAME}:9000/hook",
        lambda: [(dict(one.headers), one.body) for one in courier.received],
    )


@pytest.fixture(params=[on_loopback, in_memory])
def staged(request: pytest.FixtureRequest) -> Set:
    found: Set = request.param
    return found


def test_a_message_arrives_as_it_was_signed(staged: Set) -> None:
    body = '{"a":"é"}'.encode()
    with staged() as stage:
        assert stage.post(body=body) == Answer(Outcome.OK, 204)
        ((headers, received),) = stage.got()
    assert received == body
    assert HEADERS.items() <= headers.items()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.OK), (201, Outcome.OK), (299, Outcome.OK), (410, Outcome.GONE),
        (301, Outcome.REDIRECT), (302, Outcome.REDIRECT), (307, Outcome.REDIRECT),
        (400, Outcome.REFUSED), (401, Outcome.REFUSED), (404, Outcome.REFUSED),
        (429, Outcome.REFUSED), (500, Outcome.REFUSED), (503, Outcome.REFUSED),
    ],
)  # fmt: skip
def test_a_status_is_an_answer_and_its_meaning(staged: Set, status: int, outcome: Outcome) -> None:
    with staged(status) as stage:
        assert stage.post() == Answer(outcome, status)
        assert len(stage.got()) == 1


def test_answers_come_in_their_turn(staged: Set) -> None:
    with staged(500, 204) as stage:
        assert [stage.post().outcome for _ in range(3)] == ["refused", "ok", "ok"]


@pytest.mark.parametrize("url", corpus.URLS)
def test_nothing_is_sent_to_what_nobody_may_name(url: str) -> None:
    network = http.Http(resolve=lambda *_: ["198.41.0.4"])
    twin = simulated.Simulated({receivers.NAME: simulated.Receiver()})
    couriers: list[Courier] = [network, twin]
    for courier in couriers:
        assert courier.post(Parcel(url, HEADERS, b"{}")) == Answer(Outcome.BLOCKED)


def test_a_name_that_is_not_one_is_no_exception() -> None:
    network = http.Http(allow_loopback=True, resolve=refused)
    twin = simulated.Simulated({}, allow_loopback=True)
    couriers: list[Courier] = [network, twin]
    for courier in couriers:
        answer = courier.post(Parcel("https://nowhere.example.org/", HEADERS, b"{}"))
        assert answer == Answer(Outcome.UNRESOLVED)


def refused(_host: str, _port: int) -> list[str]:
    raise OSError("no such name")


@pytest.mark.parametrize("address", corpus.ADDRESSES)
def test_a_name_of_a_private_address_is_blocked(address: str) -> None:
    """Where only one of its addresses is, too: nobody knows which would be used."""
    for addresses in ([address], [*corpus.GOOD_ADDRESSES, address]):
        network = http.Http(resolve=lambda *_, found=addresses: found)
        receiver = simulated.Receiver(addresses=addresses)
        couriers: list[Courier] = [network, simulated.Simulated({receivers.NAME: receiver})]
        for courier in couriers:
            answer = courier.post(Parcel(f"https://{receivers.NAME}/", HEADERS, b"{}"))
            assert answer == Answer(Outcome.BLOCKED)


def test_what_a_parcel_holds_is_not_printed() -> None:
    shown = repr(Parcel("https://a.example.org/token", HEADERS, b"body"))
    assert shown == "Parcel()"
    assert base.answered(204) == Answer(Outcome.OK, 204)
