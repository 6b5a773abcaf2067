"""What every ledger promises, the one of our own and an EVM chain alike."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from chain import networks
from chain.hashing import keccak256
from chain.ledger import registry
from chain.ledger.base import Ledger, Place, Wish
from tests.services.anvil import CHAIN_ID, KEYS, Anvil, anvil, needed

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
LOCK_S = int(NOW.timestamp())
Told = Callable[..., dict[tuple[str, bytes], Place]]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with anvil(tmp_path_factory.mktemp("anvil")) as made:
        yield made


@pytest.fixture(params=["local", pytest.param("evm", marks=needed)])
def ledger(request: pytest.FixtureRequest, settings: Settings) -> Ledger:
    if request.param == "local":
        return registry.ledger_of(networks.LOCAL.name)
    chain: Anvil = request.getfixturevalue("node")
    network = chain.deploy()
    settings.CHAIN_RPC_URLS, settings.CHAIN_ID = (chain.url,), CHAIN_ID
    settings.CHAIN_CONTRACT, settings.CHAIN_PRIVATE_KEY = network.contract, KEYS[0]
    settings.CHAIN_CONFIRMATIONS = 1
    return registry.ledger_of(network.name)


@pytest.fixture
def tell(ledger: Ledger) -> Told:
    """Said again until everything stands, as the sweep does."""

    def said(*wishes: Wish) -> dict[tuple[str, bytes], Place]:
        places: dict[tuple[str, bytes], Place] = {}
        for look in range(6):
            places = dict(ledger.append(wishes, now=NOW + look * timedelta(seconds=20)))
            if len(places) == len(wishes):
                break
        return places

    return said


def wish(number: int, *, kind: str = "commitment", root: str = "root") -> Wish:
    details: dict[str, Any] = {"lock_at": LOCK_S, "close_at": LOCK_S + 60}
    digest = keccak256(f"{root} {number}".encode())
    return Wish(
        kind=kind, ident=keccak256(b"key %d" % number), digest=digest, count=3, detail=details
    )


def test_what_is_told_stands(ledger: Ledger, tell: Told) -> None:
    wishes = [wish(1), wish(2), wish(3, kind="board")]
    places = tell(*wishes)
    for one in wishes:
        place = places[one.kind, one.ident]
        assert (place.digest, place.count, place.is_final) == (one.digest, one.count, True)
        assert place.at.tzinfo is not None
        assert place.at.microsecond == 0


def test_saying_it_again_changes_nothing(ledger: Ledger, tell: Told) -> None:
    first = tell(wish(1), wish(2))
    assert tell(wish(2), wish(1)) == first


def test_kinds_do_not_share_their_keys(tell: Told) -> None:
    places = tell(wish(1), wish(1, kind="board", root="another"))
    assert len({place.digest for place in places.values()}) == 2


def test_a_key_keeps_what_it_was_given_first(tell: Told) -> None:
    first = tell(wish(1))
    assert tell(wish(1, root="another")) == first


def test_what_is_published_names_network_key_digest_and_time(ledger: Ledger, tell: Told) -> None:
    one = wish(1)
    assert ledger.published(kind=one.kind, ident=one.ident) is None
    place = tell(one)[one.kind, one.ident]
    told = ledger.published(kind=one.kind, ident=one.ident)
    assert told is not None
    assert told["network"] == ledger.network
    assert (told["kind"], told["id"]) == (one.kind, f"0x{one.ident.hex()}")
    assert (told["root"], told["count"]) == (f"0x{one.digest.hex()}", one.count)
    assert datetime.fromisoformat(told["time"]) == place.at
    assert ledger.published(kind="board", ident=one.ident) is None


def test_it_describes_itself(ledger: Ledger, tell: Told) -> None:
    network = networks.parse(ledger.network)
    before = ledger.describe()
    tell(wish(1), wish(2))
    after = ledger.describe()
    assert after["entries"] == before["entries"] + 2
    assert (after["chain_id"], after["contract"]) == (network.chain_id, network.contract)
    assert after["simulated"] == network.is_simulated
    assert before.keys() == after.keys()


def test_nothing_to_say_is_nothing_done(ledger: Ledger, tmp_path: Path) -> None:
    assert dict(ledger.append([], now=NOW)) == {}
