"""A word that the player's own wallet signed: the signature is over the digest to be committed."""

from dataclasses import dataclass, replace
from typing import Final

from chain import schema, signatures
from chain.networks import Network
from league.models import Player
from predictions.entry_forms import Entry
from predictions.preconditions import NOTHING, Precondition

# A signature for another revision than the one due is told apart from a stranger's.
NEIGHBOURS: Final = (-1, 1, -2)


class NoWallet(Exception):
    """The player has proved no wallet, so that nothing can be signed in its name."""


class WrongSigner(Exception):
    """Another key has signed, or something else was signed."""


class WrongRevision(Exception):
    """It was signed for another revision than the one it would be: ask what to sign again."""


@dataclass(frozen=True, slots=True)
class Vow:
    """The salt (32 bytes) that was signed with the entry, and the signature (65 bytes)."""

    salt: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """An entry as it was sent, signed or not, and what it is meant to follow."""

    entry: Entry
    vow: Vow | None = None
    precondition: Precondition = NOTHING


def wallet_of(player: Player) -> str:
    """The proved address. :raises NoWallet: where there is none."""
    if player.wallet_address is None or player.wallet_proved_at is None:
        raise NoWallet("Your player has no proved wallet: link it before you sign with it.")
    return player.wallet_address


def check(vow: Vow, struct: schema.Entry, *, player: Player, network: Network) -> None:
    """Whether the player's wallet signed this very struct.

    :raises NoWallet: and WrongSigner, WrongRevision, chain.signatures.MalformedSignature.
    """
    wallet = wallet_of(player)
    if _signer(vow, struct, network) == wallet:
        return
    for step in NEIGHBOURS:
        other = struct.revision + step
        if other > 0 and _signer(vow, replace(struct, revision=other), network) == wallet:
            raise WrongRevision(
                f"Revision {other} was signed, and this would be revision {struct.revision}."
            )
    raise WrongSigner("This entry with this salt was not signed by your player's wallet.")


def _signer(vow: Vow, struct: schema.Entry, network: Network) -> str:
    return signatures.recover(schema.prediction_digest(struct, network=network), vow.signature)
