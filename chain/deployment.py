"""Putting LeagueAnchor on a chain: once, by hand, before the first season that uses it."""

import time
from dataclasses import dataclass
from typing import Any, Final

from chain import contract, words
from chain.fees import GWEI, offered
from chain.hashing import keccak256
from chain.rpc import Node
from chain.signers import Signer

WAIT_S: Final = 180.0
EVERY_S: Final = 0.5
MARGIN: Final = 5


class NotDeployed(Exception):
    """The transaction was refused, reverted, or not mined in time."""


@dataclass(frozen=True, slots=True)
class Deployed:
    contract: str
    transaction: str
    gas: int


def deploy(*, node: Node, signer: Signer, operator: str, ceiling_gwei: int) -> Deployed:
    """A new contract owned by the signer's account, with `operator` as its first writer.

    :raises NotDeployed: and chain.rpc.NodeUnavailable, NodeRefused.
    """
    code = bytes.fromhex(contract.artifact()["bytecode"][2:]) + words.address(operator)
    call = {"from": signer.address, "data": "0x" + code.hex()}
    gas = int(node.ask("eth_estimateGas", call), 16)
    fields = {
        "chainId": node.chain_id,
        "nonce": int(node.ask("eth_getTransactionCount", signer.address, "pending"), 16),
        "value": 0,
        "data": code,
        "gas": gas + gas // MARGIN,
        **_fees(node, ceiling_gwei=ceiling_gwei),
    }
    signed = signer.sign(fields)
    receipt = _receipt(node, signed.hash, told=node.tell(signed.raw))
    address = str(receipt["contractAddress"]).lower()
    found = keccak256(bytes.fromhex(node.ask("eth_getCode", address, "latest")[2:])).hex()
    if f"0x{found}" != contract.code_hash():
        raise NotDeployed(f"{address} holds other code than the artifact's.")
    return Deployed(address, signed.hash, int(receipt["gasUsed"], 16))


def _fees(node: Node, *, ceiling_gwei: int) -> dict[str, int]:
    latest = node.ask("eth_getBlockByNumber", "latest", False)
    tip = max(int(node.ask("eth_maxPriorityFeePerGas"), 16), 1)
    base = int(latest.get("baseFeePerGas", "0x0"), 16)
    fee = offered(base_fee=base, tip=tip, ceiling=ceiling_gwei * GWEI)
    if fee is None:
        raise NotDeployed(f"Gas costs more than {ceiling_gwei} gwei now.")
    return {"maxFeePerGas": fee.max_fee, "maxPriorityFeePerGas": fee.tip}


def _receipt(node: Node, hash_: str, *, told: list[str]) -> Any:
    deadline_s = time.monotonic() + WAIT_S
    while time.monotonic() < deadline_s:
        receipt = node.ask("eth_getTransactionReceipt", hash_)
        if receipt is not None and receipt["status"] == "0x1":
            return receipt
        if receipt is not None:
            raise NotDeployed(f"{hash_} reverted.")
        time.sleep(EVERY_S)
    raise NotDeployed(f"{hash_} was not mined within {WAIT_S:g} s. {' '.join(told)}".strip())
