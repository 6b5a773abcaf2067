"""Which ledger the settings choose: the local one, unless an EVM chain is fully configured."""

from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chain import schema
from chain.ledger.base import Ledger
from chain.ledger.local import LocalLedger

# Django setting -> the environment variable an operator knows it by.
NEEDED: Final = {
    "CHAIN_RPC_URLS": "CHAIN_RPC_URLS",
    "CHAIN_CONTRACT": "CHAIN_CONTRACT",
    "CHAIN_PRIVATE_KEY": "PRIVATE_KEY",
}
HALF_SET: Final = (
    "{given} set without {missing}: anchoring on an EVM chain needs all three;"
    " leave all three empty for the local ledger."
)
NOT_SERVED: Final = (
    "EVM anchoring is not available in this version: leave CHAIN_RPC_URLS, CHAIN_CONTRACT and"
    " PRIVATE_KEY empty to use the local ledger."
)


def problems() -> list[str]:
    """Why the chain settings cannot be served, in words; empty when they can."""
    given = [variable for setting, variable in NEEDED.items() if getattr(settings, setting)]
    missing = [variable for variable in NEEDED.values() if variable not in given]
    if given and missing:
        return [HALF_SET.format(given=" and ".join(given), missing=" and ".join(missing))]
    if given:
        return [NOT_SERVED]
    return []


def ledger() -> Ledger:
    """The ledger in force. :raises ImproperlyConfigured: for half-set or unserved settings."""
    found = problems()
    if found:
        raise ImproperlyConfigured(" ".join(found))
    return LocalLedger()


def network() -> schema.Network:
    """The EIP-712 network of the ledger in force. :raises ImproperlyConfigured: as `ledger`."""
    found = problems()
    if found:
        raise ImproperlyConfigured(" ".join(found))
    return schema.LOCAL
