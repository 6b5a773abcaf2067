from chain.models.anchor import Anchor, Kind, Status
from chain.models.ledger_entry import LedgerEntry

__all__ = ["Anchor", "Kind", "LedgerEntry", "Status"]
