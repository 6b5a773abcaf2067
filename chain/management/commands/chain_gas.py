import warnings
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chain import contract, words
from chain.hashing import keccak256
from chain.models import Kind

LOCK, CLOSE = 1_800_000_000, 1_800_003_600
SIZES = (1, 2, 8, 64)
NAMES = {
    Kind.COMMITMENT: "commitRounds", Kind.SETTLEMENT: "settleRounds", Kind.BOARD: "publishBoards",
}  # fmt: skip


class Command(BaseCommand):
    help = "Measure the contract's gas in an EVM within this process (development requirements)."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from eth_tester import EthereumTester, PyEVMBackend  # noqa: PLC0415 -- development
            from web3 import EthereumTesterProvider, Web3  # noqa: PLC0415 -- heavy
        except ImportError as error:
            raise CommandError("Install the development requirements: make setup") from error
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the EVM's own dependencies
            self._measure(Web3(EthereumTesterProvider(EthereumTester(PyEVMBackend()))))

    def _measure(self, web3: Any) -> None:
        owner, artifact = web3.eth.accounts[0], contract.artifact()
        made = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        receipt = _receipt(web3, made.constructor(owner).transact({"from": owner}))
        self.stdout.write(f"{'call':<16}{'in a batch of':>14}{'gas':>12}{'gas each':>12}")
        self.stdout.write(f"{'deploy':<16}{'':>14}{receipt['gasUsed']:>12,}{'':>12}")
        for kind, name in NAMES.items():
            for size, data in _calls(kind):
                call = {"from": owner, "to": receipt["contractAddress"], "data": data}
                used = _receipt(web3, web3.eth.send_transaction(call))["gasUsed"]
                self.stdout.write(f"{name:<16}{size:>14}{used:>12,}{used // size:>12,}")


def _receipt(web3: Any, hash_: Any) -> Any:
    receipt = web3.eth.get_transaction_receipt(hash_)
    if receipt["status"] != 1:
        raise CommandError("The contract refused a call.")
    return receipt


def _calls(kind: str) -> Iterator[tuple[int, bytes]]:
    """Hashes everywhere, as in life: their bytes are not zero."""
    for size in SIZES:
        keys = [keccak256(f"{kind} {size} {number}".encode()) for number in range(size)]
        yield size, contract.calldata(kind, [_row(kind, key) for key in keys])


def _row(kind: str, key: bytes) -> contract.Row:
    digest, count = keccak256(key), words.uint(250)
    if kind == Kind.SETTLEMENT:
        price = words.int256(6_150_012_345_678)
        return (key, price, words.uint(CLOSE), words.uint(1), digest)
    times = words.uint(LOCK), words.uint(CLOSE)
    return (key, digest, count, *times) if kind == Kind.COMMITMENT else (key, digest, count)
