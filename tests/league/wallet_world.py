"""Wallets of the tests, and the messages they sign."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from chain import addresses, signatures, siwe
from chain.signatures import Key
from league import nonces, wallet_proofs
from league.models import Player
from league.wallet_proofs import Claim, ContractWallets
from tests.factories import NOON

ORIGIN = "https://league.example.org"
ADA, EVE = Key(b"\xad" * 32), Key(b"\xe7" * 32)


def terms(player: Player | None = None) -> siwe.Terms:
    """For signing in, or for linking to a player."""
    statement = wallet_proofs.SIGN_IN
    if player is not None:
        statement = wallet_proofs.LINK.format(handle=player.handle)
    return siwe.Terms(origin=ORIGIN, chain_ids=[1], statement=statement)


def message(key: Key, *, now: datetime = NOON, **changes: Any) -> siwe.Message:
    """What a wallet would be asked to sign, with a nonce of its own."""
    here = terms(changes.pop("to", None))
    made = siwe.Message(
        domain=here.domain,
        address=f"0x{addresses.checksummed(key.address[2:])}",
        uri=ORIGIN,
        chain_id=1,
        nonce=nonces.issue(domain=here.domain, now=now).nonce,
        issued_at=now,
        statement=here.statement,
    )
    return replace(made, **changes)


def claim(
    key: Key,
    *,
    to: Player | None = None,
    by: Key | None = None,
    contracts: ContractWallets | None = None,
    **changes: Any,
) -> Claim:
    """A message of `key`'s wallet, signed with `by` where that is another key."""
    text = siwe.text(message(key, to=to, **changes))
    signature = (by or key).sign(signatures.personal(text))
    return Claim(text, signature, terms(to), contracts)
