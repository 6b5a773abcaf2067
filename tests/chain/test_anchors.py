"""Wishes become ledger entries exactly once, whoever asks and however often."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from chain import anchors, links, verify
from chain.hashing import keccak256
from chain.ledger import exports, local
from chain.models import Anchor, LedgerEntry, Status
from chain.words import NotRepresentable

NOW = datetime(2025, 3, 1, 12, 0, 5, 250_000, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def key(number: int) -> bytes:
    return keccak256(f"subject {number}".encode())


def wish(number: int, **changes: Any) -> bool:
    asked: dict[str, Any] = {
        "kind": "commitment",
        "subject": key(number),
        "digest": keccak256(f"root {number}".encode()),
        "payload": {"count": number},
        "now": NOW,
    }
    return anchors.request(network="local", **asked | changes)


def test_a_request_is_a_row_and_nothing_else() -> None:
    assert wish(1)
    anchor = anchors.of(network="local", kind="commitment", subject=key(1))
    assert anchor is not None
    assert (anchor.status, anchor.count, anchor.network) == (Status.WISHED, 1, "local")
    assert anchor.requested_at == NOW
    assert not LedgerEntry.objects.exists()
    assert anchors.published(network="local", kind="commitment", subject=key(1)) is None


def test_the_same_request_twice_is_one_wish() -> None:
    assert wish(1)
    assert not wish(1, now=NOW + timedelta(hours=1))
    assert Anchor.objects.get().requested_at == NOW


def test_another_digest_or_count_for_the_same_subject_is_refused() -> None:
    wish(1)
    with pytest.raises(anchors.AnchorConflict):
        wish(1, digest=keccak256(b"other"))
    with pytest.raises(anchors.AnchorConflict):
        wish(1, payload={"count": 2})
    assert Anchor.objects.get().digest == keccak256(b"root 1").hex()


def test_kinds_and_versions_of_one_subject_are_different_wishes() -> None:
    assert wish(1)
    assert wish(1, kind="settlement")
    assert wish(1, kind="settlement", version=2, digest=keccak256(b"corrected"))
    newest = anchors.of(network="local", kind="settlement", subject=key(1))
    assert newest is not None
    assert newest.version == 2


@pytest.mark.parametrize("payload", [{}, {"count": -1}, {"count": "3"}, {"count": True}])
def test_a_commitment_without_a_whole_count_is_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(anchors.UncountedCommitment):
        wish(1, payload=payload)
    assert not Anchor.objects.exists()


def test_malformed_subjects_digests_and_kinds_are_refused() -> None:
    with pytest.raises(NotRepresentable):
        wish(1, subject=b"short")
    with pytest.raises(NotRepresentable):
        wish(1, digest=b"short")
    with pytest.raises(ValueError, match="rumour"):
        wish(1, kind="rumour")
    assert not Anchor.objects.exists()


def test_the_pump_writes_wishes_in_order_and_links_them() -> None:
    for number in range(3):
        wish(number, now=NOW - timedelta(minutes=number))
    assert anchors.pump(now=NOW) == 3
    entries = list(LedgerEntry.objects.order_by("seq"))
    assert [entry.subject for entry in entries] == [key(n).hex() for n in (2, 1, 0)]
    assert [entry.previous for entry in entries] == [
        links.GENESIS.hex(),
        entries[0].head,
        entries[1].head,
    ]
    assert {anchor.status for anchor in Anchor.objects.all()} == {Status.FINAL}


def test_anchored_time_is_the_ledgers_whole_second() -> None:
    wish(1)
    anchors.pump(now=NOW)
    anchor = Anchor.objects.get()
    assert anchor.anchored_at == NOW.replace(microsecond=0)
    assert anchor.is_anchored()


def test_pumping_again_changes_nothing() -> None:
    wish(1)
    assert anchors.pump(now=NOW) == 1
    before = list(LedgerEntry.objects.values()), list(Anchor.objects.values())
    assert anchors.pump(now=NOW + timedelta(hours=1)) == 0
    assert (list(LedgerEntry.objects.values()), list(Anchor.objects.values())) == before


def test_a_sweep_takes_at_most_its_limit_and_the_next_takes_the_rest() -> None:
    for number in range(5):
        wish(number)
    assert [anchors.pump(now=NOW, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert LedgerEntry.objects.count() == 5


def test_a_crash_between_ledger_and_row_is_healed_by_the_next_sweep() -> None:
    wish(1)
    anchors.pump(now=NOW)
    Anchor.objects.update(status=Status.WISHED, anchored_at=None, entry=None)
    assert anchors.pump(now=NOW + timedelta(minutes=1)) == 1
    assert LedgerEntry.objects.count() == 1
    anchor = Anchor.objects.get()
    assert (anchor.status, anchor.anchored_at) == (Status.FINAL, NOW.replace(microsecond=0))


def test_a_key_the_ledger_holds_with_another_digest_fails_and_delays_nobody() -> None:
    wish(1)
    anchors.pump(now=NOW)
    Anchor.objects.all().delete()
    wish(1, digest=keccak256(b"other"))
    wish(2)
    assert anchors.pump(now=NOW) == 2
    refused = anchors.of(network="local", kind="commitment", subject=key(1))
    accepted = anchors.of(network="local", kind="commitment", subject=key(2))
    assert refused is not None
    assert accepted is not None
    assert (refused.status, accepted.status) == (Status.FAILED, Status.FINAL)
    assert "another digest" in refused.failure
    assert LedgerEntry.objects.count() == 2


def test_a_correction_stands_beside_what_it_corrects() -> None:
    wish(1, kind="settlement")
    wish(1, kind="settlement", version=2, digest=keccak256(b"corrected"))
    assert anchors.pump(now=NOW) == 2
    subjects = set(LedgerEntry.objects.values_list("subject", flat=True))
    assert subjects == {key(1).hex(), links.ident(key(1), 2).hex()}
    published = anchors.published(network="local", kind="settlement", subject=key(1))
    assert published is not None
    assert published["root"] == f"0x{keccak256(b'corrected').hex()}"


def test_ledger_time_never_runs_backwards() -> None:
    wish(1)
    anchors.pump(now=NOW)
    wish(2)
    anchors.pump(now=NOW - timedelta(days=1))
    times = list(LedgerEntry.objects.order_by("seq").values_list("at", flat=True))
    assert times == [NOW.replace(microsecond=0)] * 2


def test_the_database_refuses_a_fork() -> None:
    wish(1)
    anchors.pump(now=NOW)
    first = LedgerEntry.objects.get()
    rival = LedgerEntry(seq=1, kind="board", subject="11" * 32, digest="22" * 32, count=0, at=NOW)
    rival.previous, rival.head = first.previous, "33" * 32
    with pytest.raises(IntegrityError), transaction.atomic():
        rival.save()


@pytest.mark.parametrize(
    "change",
    [
        {"status": "anchored"},
        {"status": "final", "anchored_at": NOW},
        {"status": "dreamt"},
        {"failure": "why"},
        {"version": 0},
    ],
)
def test_the_database_refuses_an_impossible_anchor(change: dict[str, Any]) -> None:
    wish(1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Anchor.objects.update(**change)


def test_what_is_published_is_what_is_exported_and_it_walks() -> None:
    for number in range(4):
        wish(number)
    anchors.pump(now=NOW)
    ledger = json.loads("".join(exports.pieces()))
    assert (
        anchors.published(network="local", kind="commitment", subject=key(2)) in ledger["entries"]
    )
    silent = {"anchor": None, "result": None}
    assert "4 entries, unbroken" in verify.check_ledger(silent, ledger)


def test_an_empty_ledger_exports_as_an_empty_chain() -> None:
    assert json.loads("".join(exports.pieces())) == {"network": "local", "entries": []}
    assert local.LocalLedger().describe()["entries"] == 0


def test_the_description_names_the_tip() -> None:
    wish(1)
    anchors.pump(now=NOW)
    told = local.LocalLedger().describe()
    assert told["simulated"] is True
    assert told["entries"] == 1
    assert told["head"] == f"0x{LedgerEntry.objects.get().head}"


def test_what_is_published_is_asked_for_by_key() -> None:
    wish(1)
    anchors.pump(now=NOW)
    told = local.LocalLedger().published(kind="commitment", ident=key(1))
    assert told is not None
    assert (told["root"], told["count"]) == (f"0x{keccak256(b'root 1').hex()}", 1)
    assert local.LocalLedger().published(kind="board", ident=key(1)) is None


def test_the_age_of_a_wish_stops_when_it_is_anchored() -> None:
    wish(1, now=NOW - timedelta(seconds=30))
    assert Anchor.objects.get().age_s(now=NOW) == 30
    anchors.pump(now=NOW)
    assert Anchor.objects.get().age_s(now=NOW + timedelta(days=1)) == 29.75
