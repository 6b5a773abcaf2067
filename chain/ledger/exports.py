"""The whole local ledger as one JSON document, in pieces: what `chain.verify --ledger` walks."""

import json
from collections.abc import Iterator

from chain.ledger import local
from chain.models import LedgerEntry


def pieces() -> Iterator[str]:
    """The document's text, entry by entry, so that its length never sits in memory."""
    yield f'{{"network": "{local.LocalLedger.network}", "entries": ['
    for entry in LedgerEntry.objects.order_by("seq").iterator():
        yield (",\n" if entry.seq else "\n") + json.dumps(local.published(entry))
    yield "\n]}\n"
