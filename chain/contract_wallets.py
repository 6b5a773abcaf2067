"""Wallets that are contracts judge their signatures themselves (EIP-1271): a node is asked."""

from functools import lru_cache
from typing import Final

from django.conf import settings

from chain import rpc, words

# isValidSignature(bytes32,bytes): its selector, and what it returns for a signature that holds.
MAGIC: Final = bytes.fromhex("1626ba7e")


class NoAnswer(Exception):
    """No node could tell: try again."""


class ContractWallets:
    """Those on the chain of a node."""

    def __init__(self, node: rpc.Node) -> None:
        self.node = node

    def is_valid(self, *, address: str, digest: bytes, signature: bytes) -> bool:
        """Whether the contract at `address` takes the signature for its own.

        :raises NoAnswer: when no node could be asked.
        """
        call = {"to": address, "data": f"0x{_call(digest, signature).hex()}"}
        try:
            told = self.node.ask("eth_call", call, "latest")
        except rpc.NodeRefused as refusal:
            if refusal.data or "revert" in str(refusal).lower():
                return False
            raise NoAnswer("The node did not ask the contract: try again.") from refusal
        except rpc.NodeUnavailable as error:
            raise NoAnswer("No node can be asked whether this wallet is a contract.") from error
        return bool(told == f"0x{MAGIC.hex():0<64}")  # an address without code returns nothing


def configured() -> ContractWallets | None:
    """None where there is no node. One for all, as it remembers which endpoints answer."""
    if not settings.CHAIN_RPC_URLS or not settings.CHAIN_ID:
        return None
    return _of(tuple(settings.CHAIN_RPC_URLS), settings.CHAIN_ID)


@lru_cache(maxsize=4)
def _of(urls: tuple[str, ...], chain_id: int) -> ContractWallets:
    return ContractWallets(rpc.Node(urls, chain_id=chain_id))


def _call(digest: bytes, signature: bytes) -> bytes:
    padded = signature + bytes(-len(signature) % 32)
    return MAGIC + words.bytes32(digest) + words.uint(64) + words.uint(len(signature)) + padded
