"""What chains and their operators do to transactions: at most one effect, and none missing."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from chain import anchors, contract
from chain.fees import GWEI
from chain.hashing import keccak256
from chain.models import Anchor, Attempt, Fate, Inscription, Kind, Sender, Transaction
from chain.networks import Network
from chain.signers import LocalKey
from tests.chain.evm.test_ledger import NOW, commit, statuses, subject
from tests.services.anvil import CHAIN_ID, KEYS, Anvil, anvil, needed

pytestmark = [pytest.mark.django_db(transaction=True), needed]
TOPIC = "0x" + keccak256(contract.SHAPES[Kind.COMMITMENT].event.encode()).hex()


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Anvil]:
    """Of the test's own, as it is turned back, held up or priced."""
    with anvil(tmp_path) as made:
        yield made


def pump(look: int, *, looks: int = 1) -> None:
    """Sweeps twenty seconds apart, the first of them the look-th."""
    for number in range(look, look + looks):
        anchors.pump(now=NOW + timedelta(hours=2, seconds=20 * number))


def events(chain: Anvil, network: Network) -> Counter[str]:
    """How often each key was written."""
    asked = {"address": network.contract, "fromBlock": "0x0", "toBlock": "latest"}
    logs = chain.ask("eth_getLogs", asked)
    return Counter(log["topics"][1] for log in logs if log["topics"][0] == TOPIC)


def once(*numbers: int) -> dict[str, int]:
    return {f"0x{subject(number).hex()}": 1 for number in numbers}


def send_foreign(chain: Anvil, *, nonce: int | None = None, gwei: int = 50) -> str:
    """Somebody else uses the same key."""
    key = LocalKey(bytes.fromhex(KEYS[0]))
    if nonce is None:
        nonce = int(chain.ask("eth_getTransactionCount", key.address, "pending"), 16)
    fields = {
        "chainId": CHAIN_ID, "nonce": nonce, "to": key.address, "value": 1, "data": b"",
        "gas": 21_000, "maxFeePerGas": gwei * GWEI, "maxPriorityFeePerGas": gwei * GWEI,
    }  # fmt: skip
    chain.node.tell(key.sign(fields).raw)
    return key.address


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_reorganised_chain_gets_it_again_and_keeps_it_once(
    chain: Anvil, network: Network, settings: Settings, depth: int
) -> None:
    settings.CHAIN_CONFIRMATIONS = 6
    commit(network, 1)
    pump(1)
    assert statuses() == {"anchored": 1}
    chain.mine(depth - 1)
    chain.ask("anvil_reorg", depth, [])
    assert not events(chain, network)
    pump(2, looks=1)
    assert statuses() in ({"wished": 1}, {"anchored": 1})
    pump(3, looks=2)
    chain.mine(6)
    pump(5, looks=2)
    assert statuses() == {"final": 1}
    assert events(chain, network) == once(1)


def test_a_lost_block_takes_the_anchor_back_until_it_is_mined_again(
    chain: Anvil, network: Network
) -> None:
    commit(network, 1)
    pump(1)
    chain.ask("evm_setAutomine", False)
    chain.ask("anvil_reorg", 1, [])
    chain.ask("anvil_dropAllTransactions")
    pump(2)
    assert statuses() == {"wished": 1}
    assert Transaction.objects.get().fate == Fate.SENT
    assert Inscription.objects.get().anchored_at is None
    pump(3)
    chain.mine(4)
    pump(4)
    assert statuses() == {"final": 1}
    assert events(chain, network) == once(1)


def test_a_fee_spike_is_outbid_under_the_same_nonce(
    chain: Anvil, network: Network, settings: Settings
) -> None:
    settings.CHAIN_MAX_FEE_GWEI = 10_000
    chain.ask("evm_setAutomine", False)
    commit(network, 1)
    pump(1)
    first = Attempt.objects.get()
    chain.ask("anvil_setNextBlockBaseFeePerGas", hex(int(first.max_fee) * 4))
    chain.mine()
    pump(2)
    assert statuses() == {"wished": 1}
    pump(6)
    second = Attempt.objects.latest("pk")
    assert second.pk != first.pk
    assert second.nonce == first.nonce
    for name in ("max_fee", "tip"):
        assert getattr(second, name) * 8 >= getattr(first, name) * 9
    chain.mine(4)
    pump(7)
    assert statuses() == {"final": 1}
    assert Transaction.objects.get().hash == second.hash
    assert events(chain, network) == once(1)


def test_nothing_is_bid_above_the_ceiling(
    chain: Anvil, network: Network, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CHAIN_MAX_FEE_GWEI = 20
    chain.ask("anvil_setNextBlockBaseFeePerGas", hex(30 * GWEI))
    chain.mine()
    commit(network, 1)
    pump(1)
    assert Transaction.objects.get().fate == Fate.QUEUED
    settings.CHAIN_MAX_FEE_GWEI = 500
    pump(2)
    assert statuses() == {"anchored": 1}


def test_a_poor_account_waits_and_says_so(
    chain: Anvil, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    address = LocalKey(bytes.fromhex(KEYS[0])).address
    chain.ask("anvil_setBalance", address, hex(10**14))
    commit(network, 1)
    pump(1)
    assert Transaction.objects.get().fate == Fate.QUEUED
    assert "chain.balance_too_low" in caplog.messages
    chain.ask("anvil_setBalance", address, hex(10**19))
    pump(2)
    assert statuses() == {"anchored": 1}


def test_the_daily_gas_is_not_exceeded_by_more_than_one(
    chain: Anvil, network: Network, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CHAIN_DAILY_GAS = 1
    commit(network, 1)
    pump(1)
    commit(network, 2)
    pump(2, looks=3)
    assert statuses() == {"anchored": 1, "wished": 1}
    assert "chain.daily_gas_spent" in caplog.messages
    pump(3 * 60 * 24 + 10, looks=2)
    assert "wished" not in statuses()
    assert events(chain, network) == once(1, 2)


def test_somebody_else_with_the_key_halts_it_until_a_person_looks(
    chain: Anvil, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    commit(network, 1)
    pump(1)
    send_foreign(chain)
    commit(network, 2)
    pump(2, looks=2)
    assert statuses() == {"anchored": 1, "wished": 1}
    assert "chain.sender_halted" in caplog.messages
    told = StringIO()
    call_command("chain_reconcile", stdout=told)
    assert re.search(r"unknown nonces 2$", told.getvalue(), re.MULTILINE)
    assert "goes on" not in told.getvalue()
    call_command("chain_reconcile", "--resume", stdout=told)
    assert "goes on" in told.getvalue()
    pump(5, looks=2)
    assert events(chain, network) == once(1, 2)


def test_a_nonce_taken_by_another_is_given_up_only_when_that_is_certain(
    chain: Anvil, network: Network
) -> None:
    chain.ask("evm_setAutomine", False)
    commit(network, 1)
    pump(1)
    nonce = Transaction.objects.get().nonce
    chain.ask("anvil_dropAllTransactions")
    send_foreign(chain, nonce=nonce)
    chain.mine()
    pump(2)
    assert Transaction.objects.get().nonce == nonce  # one block may still be turned back
    chain.mine(3)
    pump(3)
    chain.mine()
    pump(4)
    after = Transaction.objects.get()
    assert after.nonce is not None
    assert nonce is not None
    assert after.nonce > nonce
    chain.mine(3)
    pump(5)
    assert statuses() == {"final": 1}
    assert events(chain, network) == once(1)


def test_a_restored_backup_halts_and_doubles_nothing(chain: Anvil, network: Network) -> None:
    commit(network, 1)
    pump(1)
    backup = {
        model: list(model.objects.order_by("pk"))
        for model in (Sender, Transaction, Attempt, Inscription, Anchor)
    }
    for number in (2, 3):
        commit(network, number)
        pump(number)
    with connection.constraint_checks_disabled():
        for model in reversed(list(backup)):
            model.objects.all().delete()
        for model, rows in backup.items():
            model.objects.bulk_create(rows)
    for number in (2, 3, 4):
        commit(network, number)
    pump(5, looks=2)
    assert Sender.objects.get().halted
    assert statuses() == {"final": 1, "wished": 3}
    call_command("chain_reconcile", "--resume", stdout=StringIO())
    chain.mine(3)
    pump(7, looks=2)
    chain.mine(3)
    pump(10, looks=3)
    chain.mine(3)
    pump(13, looks=2)
    assert statuses() == {"final": 4}
    assert events(chain, network) == once(1, 2, 3, 4)


def test_a_paused_contract_is_waited_for(chain: Anvil, network: Network) -> None:
    owner = LocalKey(bytes.fromhex(KEYS[0])).address
    call(chain, network, contract.selector("pause()"), sender=owner)
    Sender.objects.all().delete()
    commit(network, 1)
    pump(1)
    transaction = Transaction.objects.get()
    assert transaction.fate == Fate.QUEUED
    assert transaction.failure
    call(chain, network, contract.selector("unpause()"), sender=owner)
    Sender.objects.all().delete()
    pump(5, looks=2)
    assert statuses() == {"anchored": 1}


def test_a_node_that_is_away_stops_nobody_and_is_caught_up_with(
    chain: Anvil, network: Network, settings: Settings
) -> None:
    urls = settings.CHAIN_RPC_URLS
    settings.CHAIN_RPC_URLS = ("http://127.0.0.1:9",)
    for number in range(200):
        commit(network, number)
        if number % 100 == 0:
            pump(number)
    assert statuses() == {"wished": 200}
    settings.CHAIN_RPC_URLS = urls
    pump(300, looks=2)
    assert "wished" not in statuses()
    assert Transaction.objects.count() <= 6
    assert set(events(chain, network).values()) == {1}


def test_what_stands_by_other_means_is_not_paid_for_twice(
    chain: Anvil, network: Network, settings: Settings
) -> None:
    """Our transaction is stuck, another operator wrote the same: only its nonce is used up."""
    settings.CHAIN_MAX_FEE_GWEI = 10_000
    other = LocalKey(bytes.fromhex(KEYS[1])).address
    word = bytes(12) + bytes.fromhex(other[2:]) + (1).to_bytes(32)
    allow = contract.selector("setOperator(address,bool)") + word
    call(chain, network, allow, sender=LocalKey(bytes.fromhex(KEYS[0])).address)
    chain.ask("evm_setAutomine", False)
    commit(network, 1)
    pump(1)
    stuck = Transaction.objects.get()
    chain.ask("anvil_dropAllTransactions")
    call(chain, network, bytes(stuck.data), sender=other)
    chain.mine()
    pump(5)
    filler = Attempt.objects.latest("pk")
    assert filler.is_filler
    assert filler.nonce == stuck.nonce
    chain.mine(4)
    pump(6, looks=2)
    assert Transaction.objects.get().fate == Fate.SUPERSEDED
    assert statuses() == {"final": 1}
    assert events(chain, network) == once(1)


def call(chain: Anvil, network: Network, data: bytes, *, sender: str) -> None:
    """By an account that anvil lets us use without its key."""
    chain.ask("anvil_impersonateAccount", sender)
    asked = {"from": sender, "to": network.contract, "data": "0x" + data.hex()}
    chain.ask("eth_sendTransaction", asked)


def test_another_key_goes_on_beside_what_the_old_one_sent(
    chain: Anvil, network: Network, settings: Settings
) -> None:
    """Its account has sent far more: the old one's nonces are not judged by its count."""
    other = LocalKey(bytes.fromhex(KEYS[1]))
    word = bytes(12) + bytes.fromhex(other.address[2:]) + (1).to_bytes(32)
    allow = contract.selector("setOperator(address,bool)") + word
    call(chain, network, allow, sender=LocalKey(bytes.fromhex(KEYS[0])).address)
    chain.ask("anvil_setNonce", other.address, hex(40))
    chain.ask("evm_setAutomine", False)
    commit(network, 1)
    pump(1)
    first = Transaction.objects.get()
    chain.ask("anvil_dropAllTransactions")
    settings.CHAIN_PRIVATE_KEY = KEYS[1]
    commit(network, 2)
    chain.mine(4)
    pump(2)
    pump(6)
    chain.mine(4)
    pump(7, looks=2)
    assert statuses() == {"final": 2}
    assert events(chain, network) == once(1, 2)
    assert Transaction.objects.get(pk=first.pk).nonce == first.nonce
    assert sorted(Sender.objects.values_list("next_nonce", flat=True))[1] == 41


def test_a_nonce_reserved_for_a_key_that_is_gone_is_given_out_anew(
    chain: Anvil, network: Network
) -> None:
    gone = Sender.objects.create(chain_id=CHAIN_ID, address="0x" + "ab" * 20, next_nonce=8)
    commit(network, 1)
    pump(1)
    Attempt.objects.all().delete()
    Inscription.objects.update(anchored_at=None)
    Anchor.objects.update(status="wished", anchored_at=None)
    commit(network, 2)
    pump(2)
    waiting = Transaction.objects.latest("pk")
    Attempt.objects.filter(transaction=waiting).delete()
    Transaction.objects.filter(pk=waiting.pk).update(
        fate=Fate.QUEUED, sender=gone, nonce=7, block_number=None, block_hash="", hash="",
        mined_at=None,
    )  # fmt: skip
    pump(3)
    after = Transaction.objects.get(pk=waiting.pk)
    assert after.fate == Fate.SUPERSEDED  # what it was for stands already
    assert after.nonce is None
