"""Which ledgers the settings choose: the local one, and an EVM chain when one is configured."""

from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chain import networks
from chain.ledger.base import Ledger
from chain.ledger.evm import EvmLedger
from chain.ledger.local import LocalLedger
from chain.models import Anchor
from chain.models.anchor import UNSETTLED
from chain.networks import Network

NEEDED: Final = ("CHAIN_RPC_URLS", "CHAIN_ID", "CHAIN_CONTRACT")
# Django setting -> the environment variable an operator knows it by.
SIGNERS: Final = {
    "CHAIN_PRIVATE_KEY": "PRIVATE_KEY",
    "CHAIN_KEYSTORE": "CHAIN_KEYSTORE",
    "CHAIN_SIGNER_URL": "CHAIN_SIGNER_URL",
    "CHAIN_DIGEST_SIGNER": "CHAIN_DIGEST_SIGNER",
}
HALF_SET: Final = (
    "{given} set without {missing}: anchoring on an EVM chain needs all of {needed};"
    " leave them empty for the local ledger."
)


def problems() -> list[str]:
    """Why the chain settings cannot be served, in words; empty when they can."""
    given = [name for name in NEEDED if getattr(settings, name)]
    missing = [name for name in NEEDED if name not in given]
    signers = [variable for name, variable in SIGNERS.items() if getattr(settings, name)]
    found = []
    if (given or signers) and missing:
        words = {"given": given + signers, "missing": missing, "needed": NEEDED}
        found.append(HALF_SET.format(**{key: ", ".join(each) for key, each in words.items()}))
    if len(signers) > 1:
        found.append(f"{' and '.join(signers)} are set: one signer, please.")
    if not missing:
        found += _unknown()
    return found


def _unknown() -> list[str]:
    try:
        networks.evm(chain_id=settings.CHAIN_ID, contract=settings.CHAIN_CONTRACT)
    except networks.UnknownNetwork:
        return ["CHAIN_CONTRACT must be 0x and forty hexadecimal digits."]
    return []


def network() -> Network:
    """Where new seasons are anchored, for as long as they last.

    :raises ImproperlyConfigured: for half-set settings.
    """
    found = problems()
    if found:
        raise ImproperlyConfigured(" ".join(found))
    if not settings.CHAIN_CONTRACT:
        return networks.LOCAL
    return networks.evm(chain_id=settings.CHAIN_ID, contract=settings.CHAIN_CONTRACT)


def serving() -> list[Ledger]:
    """Those this process can write to: seasons begun before an EVM chain stay where they are.

    Only who serves the `chain` queue has a signer; for others the chain's wishes just wait.
    :raises ImproperlyConfigured: for half-set settings.
    """
    current = network()
    if current.is_simulated or not _can_sign():
        return [LocalLedger()]
    # Seasons of an earlier contract on the same chain end there.
    waiting = Anchor.objects.filter(status__in=UNSETTLED).values_list("network", flat=True)
    named = {networks.parse(name) for name in waiting.distinct()} | {current}
    ours = sorted(one.name for one in named if one.chain_id == current.chain_id)
    return [LocalLedger(), *(ledger_of(name) for name in ours)]


def _can_sign() -> bool:
    return any(getattr(settings, name) for name in SIGNERS)


def ledger_of(name: str) -> Ledger:
    """For reading, whatever the settings. :raises chain.networks.UnknownNetwork:"""
    named = networks.parse(name)
    return LocalLedger() if named == networks.LOCAL else EvmLedger(named)


def ledger() -> Ledger:
    """The one new seasons are anchored on. :raises ImproperlyConfigured: as `network`."""
    return ledger_of(network().name)
