from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chain import invariants
from chain.ledger import local
from chain.ledger.base import Wish
from chain.models import Anchor, LedgerEntry
from tests import played
from tests.factories import NOON

pytestmark = pytest.mark.usefixtures("_played_season")


def entries() -> Any:
    return LedgerEntry.objects.filter(seq=3)


def anchors() -> Any:
    return Anchor.objects.filter(entry__seq=3)


def cut_out() -> None:
    played.run("DELETE FROM chain_ledgerentry WHERE seq = 3")


def refused() -> None:
    anchors().update(status="failed", failure="no", anchored_at=None, entry=None)


def appended_for_nobody() -> None:
    wish = Wish(kind="board", ident=b"\1" * 32, digest=b"\2" * 32, count=1)
    assert len(local._append([wish], tip=local._tip(), now=played.PRESENT)) == 1


def corrected() -> None:
    """A second version whose entry stands, and whose anchor has not been told yet."""
    first = Anchor.objects.get(entry__seq=3)
    wish = Anchor.objects.create(
        network="local", kind=first.kind, subject=first.subject, version=2, digest="ab" * 32,
        count=1, requested_at=NOON, payload={},
    )  # fmt: skip
    ident = bytes.fromhex(invariants._key(wish))
    asked = Wish(kind=wish.kind, ident=ident, digest=bytes.fromhex(wish.digest), count=1)
    local._append([asked], tip=local._tip(), now=played.PRESENT)


CASES: list[tuple[Callable[[], object], set[str]]] = [
    (cut_out, {"I17", "I18"}),
    (lambda: entries().update(head="0" * 63 + "1"), {"I17"}),
    (lambda: entries().update(previous="f" * 64), {"I17"}),
    (lambda: entries().update(previous="no hash"), {"I17"}),
    (lambda: entries().update(seq=300), {"I17"}),
    (lambda: entries().update(at=NOON + timedelta(days=1)), {"I17", "I18"}),
    (lambda: entries().update(digest="e" * 64), {"I17", "I18"}),
    (lambda: LedgerEntry.objects.filter(seq=0).update(previous="1" * 64), {"I17"}),
    (appended_for_nobody, {"I17"}),
    (refused, {"I17"}),
    (lambda: anchors().update(anchored_at=NOON), {"I18"}),
    (lambda: Anchor.objects.filter(pk=1).update(count=77), {"I16", "I18"}),
]


@pytest.mark.parametrize(("corrupt", "broken"), CASES)
def test_a_ledger_that_was_tampered_with_is_found(
    corrupt: Callable[[], object], broken: set[str]
) -> None:
    with played.ruin():
        corrupt()
        assert set(played.violated()) == broken


def test_one_cut_is_one_broken_link() -> None:
    with played.ruin():
        cut_out()
        assert invariants.broken_links(NOON - timedelta(days=1)) == 1


def test_a_correction_under_way_is_no_stray() -> None:
    with played.ruin():
        corrected()
        assert invariants.entries_nobody_wished_for(NOON - timedelta(days=1)) == 0


def test_a_look_at_the_recent_past_starts_from_the_entry_before_it() -> None:
    since = NOON + timedelta(hours=1)
    with played.ruin():
        assert invariants.broken_links(since) == 0
        LedgerEntry.objects.filter(seq=0).update(head="9" * 64)
        assert invariants.broken_links(since) == 0
        tip = LedgerEntry.objects.filter(at__lt=since).order_by("-seq")[:1].get()
        LedgerEntry.objects.filter(pk=tip.pk).update(head="8" * 64)
        assert invariants.broken_links(since) == 1


def test_wishes_wait_with_the_age_of_the_oldest() -> None:
    with played.ruin():
        assert invariants.wishes(NOON) == (0, None)
        kept = {"anchored_at": None, "entry": None, "status": "wished"}
        assert anchors().update(requested_at=NOON, **kept) == 1
        assert invariants.wishes(NOON) == (1, NOON)
