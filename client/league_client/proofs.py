"""Receipts, checked on this machine: nothing of what the league says is believed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from league_client import verify

VERDICTS: Final = ("verified", "failed", "undecided")


@dataclass(frozen=True, slots=True)
class Checked:
    """`receipt` is what was checked: keep it, it proves the same without the league."""

    verdict: str
    steps: Sequence[verify.Step]
    receipt: dict[str, Any]


def check(
    receipt: dict[str, Any],
    *,
    ledger: Callable[[], dict[str, Any]],
    node: verify.Node | None = None,
) -> Checked:
    """`ledger` is asked for where the league keeps one of its own, `node` where it does not."""
    is_local = receipt["network"]["name"] == "local"
    steps = verify.check(receipt, ledger() if is_local else node)
    return Checked(VERDICTS[verify.verdict(steps)], steps, receipt)
