"""Where digests are anchored: the local ledger, or one contract on one EVM chain. Pure."""

import re
from dataclasses import dataclass
from typing import Final

SHAPE: Final = re.compile(r"eip155:([1-9][0-9]{0,17}):(0x[0-9a-f]{40})", re.ASCII)


class UnknownNetwork(ValueError):
    """A text that names no network."""


@dataclass(frozen=True)
class Network:
    """`name` is its text everywhere; chain id and contract are its EIP-712 domain."""

    name: str
    chain_id: int
    contract: str

    @property
    def is_simulated(self) -> bool:
        """True when no public blockchain is involved."""
        return self == LOCAL


LOCAL: Final = Network(name="local", chain_id=0, contract="0x" + "00" * 20)


def evm(*, chain_id: int, contract: str) -> Network:
    """A LeagueAnchor contract. :raises UnknownNetwork: for what is no chain id or address."""
    return parse(f"eip155:{chain_id}:{contract.lower()}")


def parse(name: str) -> Network:
    """`local`, or `eip155:<chain id>:<contract in lower case>`.

    :raises UnknownNetwork: for anything else.
    """
    if name == LOCAL.name:
        return LOCAL
    match = SHAPE.fullmatch(name)
    if match is None:
        raise UnknownNetwork(f"{name!r} is no network.")
    return Network(name=name, chain_id=int(match[1]), contract=match[2])
