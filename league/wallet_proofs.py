"""Proof that a wallet's holder signed a message made for this site, this purpose and this time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from chain import signatures, siwe
from chain.signatures import MalformedSignature
from league import nonces

# What is agreed to is shown by the wallet: a message for one cannot be used for the other.
SIGN_IN: Final = "Sign in to the AI vs Human Prediction League."
LINK: Final = "Link this wallet to the player {handle}."


class SignatureRefused(Exception):
    """The signature is not of the wallet that the message names."""


class ContractWallets(Protocol):
    """Who can ask a wallet that is a contract."""

    def is_valid(self, *, address: str, digest: bytes, signature: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A signed message, what it must say here, and who can ask contracts, if anybody."""

    message: str
    signature: bytes
    terms: siwe.Terms
    contracts: ContractWallets | None


def check(claim: Claim, *, now: datetime) -> siwe.Message:
    """The message, once it is certain who signed it. Its nonce is not used up yet.

    May ask a node: call it outside of transactions.
    :raises SignatureRefused: and league.nonces.NonceRefused, and what chain.siwe.parse and check,
        chain.signatures.recover and chain.contract_wallets raise.
    """
    message = siwe.parse(claim.message)
    siwe.check(message, terms=claim.terms, now=now)
    nonces.require(message.nonce, domain=claim.terms.domain, now=now)
    digest = signatures.personal(claim.message)
    try:
        is_own = signatures.recover(digest, claim.signature) == message.address.lower()
    except MalformedSignature:
        if claim.contracts is None:
            raise
        is_own = False
    if not is_own:
        _ask_contract(claim, message.address.lower(), digest)
    return message


def _ask_contract(claim: Claim, address: str, digest: bytes) -> None:
    if claim.contracts is None:
        raise SignatureRefused(
            "Another key has signed. If the wallet is a contract: no node is configured here that"
            " could ask it."
        )
    if not claim.contracts.is_valid(address=address, digest=digest, signature=claim.signature):
        raise SignatureRefused("Neither the wallet's key nor a contract at its address signed.")
