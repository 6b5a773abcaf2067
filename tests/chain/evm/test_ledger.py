"""Wishes reach the contract: what it then holds is what was wished, once."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from chain import anchors, contract, networks
from chain.hashing import keccak256
from chain.ledger import registry
from chain.models import Anchor, Fate, Inscription, Kind, Transaction
from chain.networks import Network
from tests.services.anvil import Anvil, needed

pytestmark = [pytest.mark.django_db(transaction=True), needed]
NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
LOCK_S = int(NOW.timestamp())


def subject(number: int) -> bytes:
    return keccak256(b"round %d" % number)


def commit(network: Network, number: int, *, root: bytes | None = None) -> None:
    anchors.request(
        network=network.name,
        kind=Kind.COMMITMENT,
        subject=subject(number),
        digest=root or keccak256(b"root %d" % number),
        payload={"count": number, "lock_at": LOCK_S, "close_at": LOCK_S + 3600},
        now=NOW,
    )


def settle(network: Network, number: int, *, version: int = 1) -> None:
    price, tail = 6_150_012_345_678, keccak256(b"tail %d" % number)
    words = [price.to_bytes(32), (LOCK_S + 3600).to_bytes(32), (1).to_bytes(32), tail]
    anchors.request(
        network=network.name,
        kind=Kind.SETTLEMENT,
        subject=subject(number),
        digest=keccak256(b"".join(words)),
        payload={
            "count": 3,
            "price": "61500.12345678",
            "settled_at": LOCK_S + 3600,
            "status": 1,
            "tail": tail.hex(),
        },
        now=NOW + timedelta(hours=1),
        version=version,
    )


def held(chain: Anvil, network: Network, kind: str, ident: bytes) -> contract.Held | None:
    call = {"to": network.contract, "data": "0x" + contract.question(kind, ident).hex()}
    return contract.answer(kind, bytes.fromhex(chain.ask("eth_call", call, "latest")[2:]))


def pump(looks: int = 1) -> None:
    for look in range(looks):
        anchors.pump(now=NOW + timedelta(hours=2, seconds=20 * look))


def statuses() -> dict[str, int]:
    found: dict[str, int] = {}
    for status in Anchor.objects.values_list("status", flat=True):
        found[status] = found.get(status, 0) + 1
    return found


def test_everything_of_a_kind_shares_a_transaction(chain: Anvil, network: Network) -> None:
    for number in range(70):
        commit(network, number)
    pump(2)
    assert statuses() == {"anchored": 70}
    assert [tx.fate for tx in Transaction.objects.all()] == [Fate.MINED, Fate.MINED]
    for number in range(70):
        found = held(chain, network, Kind.COMMITMENT, subject(number))
        assert found is not None
        assert found.digest == keccak256(b"root %d" % number)


def test_it_is_final_when_blocks_stand_on_it(chain: Anvil, network: Network) -> None:
    commit(network, 1)
    pump(2)
    assert statuses() == {"anchored": 1}
    chain.mine(2)
    pump(2)
    assert statuses() == {"final": 1}
    assert Transaction.objects.get().fate == Fate.CONFIRMED


def test_a_settlement_waits_for_its_commitment(chain: Anvil, network: Network) -> None:
    settle(network, 5)
    commit(network, 5)
    pump()
    assert Transaction.objects.count() == 1
    pump()
    assert statuses() == {"anchored": 2}
    first = registry.ledger_of(network.name).published(kind="commitment", ident=subject(5))
    second = registry.ledger_of(network.name).published(kind="settlement", ident=subject(5))
    assert first is not None
    assert second is not None
    assert first["block"] < second["block"]
    assert held(chain, network, Kind.SETTLEMENT, subject(5)) == contract.Held(
        bytes.fromhex(second["root"][2:]), int(datetime.fromisoformat(second["time"]).timestamp())
    )


def test_what_stands_already_with_another_root_fails_and_delays_nobody(
    chain: Anvil, network: Network
) -> None:
    commit(network, 1, root=keccak256(b"somebody else's"))
    pump(2)
    chain.mine(3)
    Anchor.objects.all().delete()
    Inscription.objects.all().delete()
    for number in (1, 2, 3):
        commit(network, number)
    pump(4)
    chain.mine(3)
    pump(2)
    assert statuses() == {"failed": 1, "final": 2}


def test_what_stands_already_as_wished_is_adopted(chain: Anvil, network: Network) -> None:
    commit(network, 1)
    pump(2)
    chain.mine(3)
    Anchor.objects.all().delete()
    Inscription.objects.all().delete()
    commit(network, 1)
    commit(network, 2)
    pump(4)
    chain.mine(3)
    pump(2)
    assert statuses() == {"final": 2}
    logs = chain.ask(
        "eth_getLogs", {"address": network.contract, "fromBlock": "0x0", "toBlock": "latest"}
    )
    topic = "0x" + subject(1).hex()
    assert sum(topic in log["topics"] for log in logs) == 1


def test_seasons_of_an_earlier_contract_end_on_it(
    chain: Anvil, network: Network, settings: Settings
) -> None:
    commit(network, 1)
    later = chain.deploy()
    settings.CHAIN_CONTRACT = later.contract
    commit(later, 2)
    pump(2)
    assert statuses() == {"anchored": 2}
    assert held(chain, network, Kind.COMMITMENT, subject(1)) is not None
    assert held(chain, later, Kind.COMMITMENT, subject(1)) is None
    assert held(chain, later, Kind.COMMITMENT, subject(2)) is not None


def test_the_local_ledger_goes_on_beside_a_chain(network: Network) -> None:
    commit(network, 1)
    commit(networks.LOCAL, 2)
    pump(1)
    assert statuses() == {"anchored": 1, "final": 1}


def test_a_wish_without_its_detail_delays_no_other(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    anchors.request(
        network=network.name, kind=Kind.COMMITMENT, subject=subject(9), digest=subject(9),
        payload={"count": 1}, now=NOW,
    )  # fmt: skip
    for number in range(5):
        commit(network, number)
    pump(2)
    assert statuses() == {"anchored": 5, "wished": 1}
    assert Anchor.objects.get(status="wished").attempts > 0
    assert "chain.wishes_not_told" in caplog.messages
