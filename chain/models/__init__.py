from chain.models.anchor import Anchor, Kind, Status
from chain.models.inscription import Inscription
from chain.models.ledger_entry import LedgerEntry
from chain.models.transaction import Attempt, Fate, Sender, Transaction

__all__ = [
    "Anchor", "Attempt", "Fate", "Inscription", "Kind", "LedgerEntry", "Sender", "Status",
    "Transaction",
]  # fmt: skip
