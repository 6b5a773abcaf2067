"""The desk of the network in force, as the settings describe it."""

import functools
from typing import Final

from django.conf import settings

from chain import signers
from chain.fees import GWEI
from chain.ledger.effects import Inscriptions
from chain.networks import Network
from chain.rpc import Node
from chain.signers import Signer
from chain.txm.desk import Desk, Limits

__all__: Final = ["Desk", "desk"]


def desk(network: Network) -> Desk:
    """:raises chain.signers.NoSigner: where no signer is configured."""
    node, signer = _node(tuple(settings.CHAIN_RPC_URLS), network.chain_id), _signer()
    limits = Limits(
        fee_ceiling=settings.CHAIN_MAX_FEE_GWEI * GWEI,
        least_balance=settings.CHAIN_LEAST_BALANCE_GWEI * GWEI,
        daily_gas=settings.CHAIN_DAILY_GAS,
        confirmations=settings.CHAIN_CONFIRMATIONS,
    )
    return Desk(network, node, signer, Inscriptions(node, signer.address), limits)


@functools.lru_cache(maxsize=4)
def _node(urls: tuple[str, ...], chain_id: int) -> Node:
    """Kept, so that it remembers which endpoints rest; made after the worker's fork."""
    return Node(urls, chain_id=chain_id)


def _signer() -> Signer:
    """Kept for the same settings: a keystore takes a second to decrypt."""
    return _made(
        settings.CHAIN_PRIVATE_KEY,
        settings.CHAIN_KEYSTORE,
        settings.CHAIN_SIGNER_URL,
        settings.CHAIN_DIGEST_SIGNER,
    )


@functools.lru_cache(maxsize=4)
def _made(*_: str) -> Signer:
    return signers.signer()
