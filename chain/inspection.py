"""What this server thinks of a receipt: the public verifier, plus a look into its own ledger."""

import json
from typing import Any

from chain import verify
from chain.ledger import registry


def inspect(document: Any) -> list[verify.Step]:
    """Every step on a parsed receipt or round; the last says whether its anchors are ours."""
    # The API's parser reads fractions as Decimal; the rules' hash is over JSON numbers.
    plain = json.loads(json.dumps(document, default=float))
    steps = [step for step in verify.check(plain) if step.name not in {"ledger", "chain"}]
    anchors = _anchors(plain)
    if not anchors:
        return steps
    if all(_is_ours(anchor) for anchor in anchors):
        found = "the anchors stand in this server's ledger (export it to check the whole chain)"
        return [*steps, verify.Step("ledger", "ok", found)]
    return [*steps, verify.Step("ledger", "FAILED", "an anchor is not in this server's ledger")]


def _anchors(document: Any) -> list[Any]:
    if not isinstance(document, dict):
        return []
    result = document.get("result")
    holders = [document, result] if isinstance(result, dict) else [document]
    return [holder["anchor"] for holder in holders if holder.get("anchor") is not None]


def _is_ours(anchor: Any) -> bool:
    try:
        ledger = registry.ledger_of(anchor["network"])
        ident = bytes.fromhex(anchor["id"].removeprefix("0x"))
        return bool(ledger.published(kind=str(anchor["kind"]), ident=ident) == anchor)
    except (AttributeError, LookupError, TypeError, ValueError):  # no anchor of anybody's
        return False
