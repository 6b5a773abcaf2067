"""LeagueAnchor in an EVM within this process: it remembers, recomputes, and forgets nothing."""

import random
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed
from web3 import EthereumTesterProvider, Web3

from chain import contract, merkle, networks, schema, words
from chain.hashing import keccak256
from chain.models import Kind

USUAL_DEPTH = 1_000
sys.setrecursionlimit(USUAL_DEPTH)  # what was imported above has raised it: see _usual_depth
LOCK, CLOSE = 1_800_000_000, 1_800_003_600
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def _usual_depth() -> Iterator[None]:
    """The EVM's libraries allow themselves a hundred times the usual recursion as they load.

    Every later test in the process would be allowed as much, and JSON nested without end would
    overflow the stack instead of being refused.
    """
    yield
    sys.setrecursionlimit(USUAL_DEPTH)


@pytest.fixture(scope="module")
def web3() -> Any:
    return Web3(EthereumTesterProvider(EthereumTester(PyEVMBackend())))


@pytest.fixture
def anchor(web3: Any) -> Any:
    """Owned by account 0, which may also write, as may account 1."""
    owner, operator = web3.eth.accounts[:2]
    artifact = contract.artifact()
    made = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    hash_ = made.constructor(owner).transact({"from": owner})
    address = web3.eth.get_transaction_receipt(hash_)["contractAddress"]
    found = web3.eth.contract(address=address, abi=artifact["abi"])
    found.functions.setOperator(operator, True).transact({"from": owner})
    return found


@pytest.fixture
def write(web3: Any, anchor: Any) -> Callable[..., Any]:
    """Send calldata of ours; the receipt's logs."""

    def send(data: bytes, *, by: int = 0) -> Any:
        hash_ = web3.eth.send_transaction(
            {"from": web3.eth.accounts[by], "to": anchor.address, "data": data, "gas": 6_000_000}
        )
        receipt = web3.eth.get_transaction_receipt(hash_)
        if receipt["status"] != 1:
            raise TransactionFailed(receipt)
        return receipt["logs"]

    return send


def key(number: int) -> bytes:
    return keccak256(b"key %d" % number)


def commitment(number: int, *, root: bytes | None = None, count: int = 3) -> contract.Row:
    digest = root or keccak256(b"root %d" % number)
    return (key(number), digest, words.uint(count), words.uint(LOCK), words.uint(CLOSE))


def settlement(number: int, *, price: int = -5) -> contract.Row:
    tail = keccak256(b"tail %d" % number)
    return (key(number), words.int256(price), words.uint(CLOSE), words.uint(1), tail)


def board(number: int) -> contract.Row:
    return (key(number), keccak256(b"board %d" % number), words.uint(9))


ROWS: dict[str, Callable[[int], contract.Row]] = {
    Kind.COMMITMENT: commitment, Kind.SETTLEMENT: settlement, Kind.BOARD: board,
}  # fmt: skip


def asked(web3: Any, anchor: Any, kind: str, ident: bytes) -> contract.Held | None:
    data = contract.question(kind, ident)
    return contract.answer(kind, bytes(web3.eth.call({"to": anchor.address, "data": data})))


def plain(logs: Any) -> Iterator[dict[str, Any]]:
    for log in logs:
        topics = [f"0x{bytes(topic).hex()}" for topic in log["topics"]]
        data = f"0x{bytes(log['data']).hex()}"
        yield {"address": log["address"], "topics": topics, "data": data}


@pytest.mark.parametrize("kind", Kind.values)
def test_what_is_written_is_held_and_announced(
    web3: Any, anchor: Any, write: Callable[..., Any], kind: str
) -> None:
    rows = [ROWS[kind](number) for number in range(3)]
    assert asked(web3, anchor, kind, key(0)) is None
    logs = write(contract.calldata(kind, rows), by=1)
    shown = contract.shown(kind, plain(logs), contract=anchor.address.lower())
    at_s = web3.eth.get_block("latest")["timestamp"]
    for number in range(3):
        found = asked(web3, anchor, kind, key(number))
        assert found == contract.Held(shown[key(number)], at_s)
    if kind != Kind.SETTLEMENT:
        assert shown[key(1)] == rows[1][1]


def test_a_settlements_digest_is_the_leagues(web3: Any, anchor: Any, write: Any) -> None:
    write(contract.calldata(Kind.SETTLEMENT, [settlement(1, price=6_150_012_345_678)]))
    found = asked(web3, anchor, Kind.SETTLEMENT, key(1))
    row = words.fixed(Decimal("61500.12345678")), words.uint(CLOSE), words.uint(1)
    assert found is not None
    assert found.digest == keccak256(b"".join(row) + keccak256(b"tail 1"))


@pytest.mark.parametrize("kind", Kind.values)
def test_nothing_is_written_twice_nor_half(
    web3: Any, anchor: Any, write: Callable[..., Any], kind: str
) -> None:
    write(contract.calldata(kind, [ROWS[kind](1)]))
    before = asked(web3, anchor, kind, key(1))
    with pytest.raises(TransactionFailed):
        write(contract.calldata(kind, [ROWS[kind](2), ROWS[kind](1)]))
    with pytest.raises(TransactionFailed):
        write(contract.calldata(kind, [ROWS[kind](3), ROWS[kind](3)]))
    assert asked(web3, anchor, kind, key(1)) == before
    assert asked(web3, anchor, kind, key(2)) is None
    assert asked(web3, anchor, kind, key(3)) is None


@pytest.mark.parametrize("kind", Kind.values)
def test_only_operators_write_and_no_more_than_allowed(
    anchor: Any, write: Callable[..., Any], kind: str
) -> None:
    with pytest.raises(TransactionFailed):
        write(contract.calldata(kind, [ROWS[kind](1)]), by=2)
    for size in (0, contract.MOST + 1):
        with pytest.raises(TransactionFailed):
            write(contract.calldata(kind, [ROWS[kind](n) for n in range(size)]))
    write(contract.calldata(kind, [ROWS[kind](n) for n in range(contract.MOST)]))


def test_what_says_nothing_is_invalid(anchor: Any, write: Callable[..., Any]) -> None:
    empty = words.uint(0)
    for kind, row in (
        (Kind.COMMITMENT, commitment(1, root=bytes(32))),
        (Kind.COMMITMENT, (*commitment(1)[:3], words.uint(CLOSE), words.uint(CLOSE))),
        (Kind.SETTLEMENT, (*settlement(1)[:4], empty)),
        (Kind.SETTLEMENT, (*settlement(1)[:3], empty, settlement(1)[4])),
        (Kind.BOARD, (key(1), empty, words.uint(1))),
    ):
        with pytest.raises(TransactionFailed):
            write(contract.calldata(kind, [row]))


def test_an_operator_may_pause_and_only_the_owner_goes_on(
    web3: Any, anchor: Any, write: Callable[..., Any]
) -> None:
    owner, operator, stranger = web3.eth.accounts[:3]
    with pytest.raises(TransactionFailed):
        anchor.functions.pause().transact({"from": stranger})
    anchor.functions.pause().transact({"from": operator})
    with pytest.raises(TransactionFailed):
        write(contract.calldata(Kind.BOARD, [board(1)]))
    with pytest.raises(TransactionFailed):
        anchor.functions.unpause().transact({"from": operator})
    anchor.functions.unpause().transact({"from": owner})
    write(contract.calldata(Kind.BOARD, [board(1)]))


def test_ownership_is_taken_not_given(web3: Any, anchor: Any) -> None:
    owner, operator, stranger = web3.eth.accounts[:3]
    with pytest.raises(TransactionFailed):
        anchor.functions.setOperator(stranger, True).transact({"from": operator})
    with pytest.raises(TransactionFailed):
        anchor.functions.takeOwnership().transact({"from": stranger})
    anchor.functions.offerOwnership(stranger).transact({"from": owner})
    assert anchor.functions.owner().call() == owner
    anchor.functions.takeOwnership().transact({"from": stranger})
    assert anchor.functions.owner().call() == stranger
    with pytest.raises(TransactionFailed):
        anchor.functions.setOperator(owner, False).transact({"from": owner})
    anchor.functions.setOperator(owner, False).transact({"from": stranger})
    assert anchor.functions.operators(owner).call() is False


def test_custom_errors_are_told_by_name() -> None:
    data = "0x" + contract.selector("Exists(bytes32)").hex() + "00" * 32
    assert contract.failure(data) == "Exists"
    assert contract.failure("0x" + contract.selector("IsPaused()").hex()) == "IsPaused"
    assert contract.failure("0x12345678") == ""
    assert contract.failure("") == ""


def entry(dice: random.Random) -> schema.Entry:
    basis = dice.choice(sorted(set(schema.BASIS_CODES.values())))
    levels = sorted(Decimal(dice.randint(-(10**12), 10**13)).scaleb(-8) for _ in range(3))
    return schema.Entry(
        round_key=dice.randbytes(32), league=dice.randbytes(32), player=f"player-{dice.random()}",
        p10=levels[0], p50=levels[1], p90=levels[2], basis=basis,
        revision=dice.randint(1, 2**32 - 1), payload_hash=dice.randbytes(32),
        salt=dice.randbytes(32),
    )  # fmt: skip


def typed(one: schema.Entry, network: networks.Network) -> dict[str, Any]:
    """As eth_signTypedData_v4 wants it, written apart from the league's."""
    kinds = schema.PREDICTION_TYPE.removeprefix("Prediction(").removesuffix(")").split(",")
    fields = [dict(zip(("type", "name"), kind.split(" "), strict=True)) for kind in kinds]
    domain = [
        {"name": "name", "type": "string"}, {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"},
    ]  # fmt: skip
    levels = {name: int(getattr(one, name).scaleb(8)) for name in ("p10", "p50", "p90")}
    return {
        "types": {"EIP712Domain": domain, "Prediction": fields},
        "primaryType": "Prediction",
        "domain": {
            "name": schema.DOMAIN_NAME, "version": "1", "chainId": network.chain_id,
            "verifyingContract": network.contract,
        },
        "message": levels | {
            "league": one.league, "round": one.round_key,
            "player": keccak256(one.player.encode()), "basis": one.basis,
            "revision": one.revision, "payloadHash": one.payload_hash, "salt": one.salt,
        },
    }  # fmt: skip


def test_a_predictions_digest_is_the_same_for_everybody(web3: Any, anchor: Any) -> None:
    dice, account = random.Random(7), Account.from_key("0x" + "42" * 32)
    network = networks.evm(chain_id=web3.eth.chain_id, contract=anchor.address)
    for _ in range(25):
        one = entry(dice)
        ours = schema.prediction_digest(one, network=network)
        struct = (
            one.league, one.round_key, keccak256(one.player.encode()),
            *(int(level.scaleb(8)) for level in (one.p10, one.p50, one.p90)),
            one.basis, one.revision, one.payload_hash, one.salt,
        )  # fmt: skip
        assert anchor.functions.predictionDigest(struct).call() == ours
        message = encode_typed_data(full_message=typed(one, network))
        signed = account.sign_message(message)
        assert bytes(signed.message_hash) == ours


@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
def test_proofs_hold_for_what_was_committed_and_for_nothing_else(
    anchor: Any, write: Callable[..., Any], count: int
) -> None:
    digests = [keccak256(b"digest %d" % n) for n in range(count)]
    leaves = [schema.leaf(key(1), n, digest) for n, digest in enumerate(digests)]
    points = [100 * n - 1_500 for n in range(count)]
    score_leaves = [schema.score_leaf(key(1), n, milli) for n, milli in enumerate(points)]
    score_root, evidence = merkle.root(score_leaves), keccak256(b"evidence")
    tail = schema.settlement_tail(score_root, evidence)
    write(contract.calldata(
        Kind.COMMITMENT, [commitment(1, root=merkle.root(leaves), count=count)]
    ))  # fmt: skip
    write(contract.calldata(Kind.SETTLEMENT, [(*settlement(1)[:4], tail)]))
    inclusion = anchor.functions.verifyPrediction
    scored = anchor.functions.verifyScore
    for n in range(count):
        proof, score_proof = merkle.proof(leaves, n), merkle.proof(score_leaves, n)
        assert inclusion(key(1), n, digests[n], proof).call()
        assert not inclusion(key(1), n + 1, digests[n], proof).call()
        assert not inclusion(key(2), n, digests[n], proof).call()
        assert not inclusion(key(1), n, key(9), proof).call()
        assert not inclusion(key(1), n, digests[n], [*proof, key(9)]).call()
        right = key(1), key(1), n, points[n], score_root, evidence, score_proof
        assert scored(*right).call()
        for place, wrong in ((0, key(2)), (2, n + 1), (3, points[n] + 1), (5, key(9))):
            assert not scored(*right[:place], wrong, *right[place + 1 :]).call()


def test_a_rank_is_proved_by_the_board(anchor: Any, write: Callable[..., Any]) -> None:
    names = ["ann", "bob", "cid", "dan", "eve"]
    leaves = [schema.board_leaf(key(5), n + 1, name, -n) for n, name in enumerate(names)]
    write(contract.calldata(Kind.BOARD, [(key(5), merkle.root(leaves), words.uint(5))]))
    ranked = anchor.functions.verifyRank
    for n, name in enumerate(names):
        proof = merkle.proof(leaves, n)
        assert ranked(key(5), n + 1, schema.name_hash(name), -n, proof).call()
        assert not ranked(key(5), n + 2, schema.name_hash(name), -n, proof).call()
        assert not ranked(key(5), n + 1, schema.name_hash("mallory"), -n, proof).call()


def test_what_comes_after_the_settlement_instant_is_not_on_time(
    web3: Any, anchor: Any, write: Callable[..., Any]
) -> None:
    now = web3.eth.get_block("latest")["timestamp"]
    late = (*commitment(1)[:3], words.uint(now - 100), words.uint(now - 50))
    write(contract.calldata(Kind.COMMITMENT, [late, commitment(2)]))
    assert not anchor.functions.isOnTime(key(1)).call()
    assert anchor.functions.isOnTime(key(2)).call()
    assert not anchor.functions.isOnTime(key(3)).call()
