"""What must hold of wishes and of the local ledger; each check counts the rows that break it.

`since` leaves out what was wished for or written earlier.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.db.models import Count, Exists, Min, OuterRef

from chain import links, networks
from chain.models import Anchor, Attempt, Fate, Inscription, LedgerEntry, Status, Transaction

Check = Callable[[datetime], int]
Waiting = Callable[[datetime], tuple[int, datetime | None]]
CHUNK: Final = 1000


def broken_links(since: datetime) -> int:
    """I17: the ledger is one chain: no gap, no fork, time never back, every head as computed.

    An entry cut out is one broken link. Cannot tell that the newest entries were cut off: a copy
    exported earlier can.
    """
    tip = LedgerEntry.objects.filter(at__lt=since).order_by("-seq").first()
    entries = LedgerEntry.objects.filter(seq__gt=tip.seq if tip else -1).order_by("seq")
    broken = 0
    for entry in entries.iterator(chunk_size=CHUNK):
        broken += not _follows(entry, tip)
        tip = entry
    return broken


def entries_nobody_wished_for(since: datetime) -> int:
    """I17: every entry of the ledger stands for an anchor."""
    known = Anchor.objects.filter(entry=OuterRef("pk"))
    wish = Anchor.objects.filter(
        network=networks.LOCAL.name, kind=OuterRef("kind"), subject=OuterRef("subject")
    )
    strays = LedgerEntry.objects.filter(~Exists(known), ~Exists(wish), at__gte=since)
    # The key of a correction is not its subject, and its anchor is told of the entry a step later.
    corrections = Anchor.objects.filter(status=Status.WISHED, version__gt=1)
    asked = {(anchor.kind, _key(anchor)) for anchor in corrections}
    return sum((entry.kind, entry.subject) not in asked for entry in strays.iterator())


def refused_wishes(since: datetime) -> int:
    """I17: no ledger holds another digest under the key of a wish."""
    return Anchor.objects.filter(status=Status.FAILED, requested_at__gte=since).count()


def anchors_unlike_their_entry(since: datetime) -> int:
    """I18: what an anchor claims to stand on the local ledger is what stands there."""
    held = Anchor.objects.filter(
        network=networks.LOCAL.name,
        status__in=[Status.ANCHORED, Status.FINAL],
        requested_at__gte=since,
    ).select_related("entry")
    return sum(not _is_held(anchor) for anchor in held.iterator(chunk_size=CHUNK))


def anchors_unlike_their_inscription(since: datetime) -> int:
    """I18: what an anchor claims to stand on a chain is what was found there."""
    held = Anchor.objects.filter(
        status__in=[Status.ANCHORED, Status.FINAL], requested_at__gte=since
    ).exclude(network=networks.LOCAL.name)
    return sum(not _is_inscribed(anchor) for anchor in held.iterator(chunk_size=CHUNK))


def transactions_without_their_bytes(since: datetime) -> int:
    """I19: whatever was signed can be sent again; a mined hash is one of ours."""
    signed = Transaction.objects.filter(requested_at__gte=since).exclude(fate=Fate.QUEUED)
    forms = Attempt.objects.filter(transaction=OuterRef("pk"), nonce=OuterRef("nonce"))
    bare = signed.filter(~Exists(forms), nonce__isnull=False)
    strange = signed.exclude(hash="").filter(~Exists(forms.filter(hash=OuterRef("hash"))))
    return bare.count() + strange.count()


def wishes(_now: datetime) -> tuple[int, datetime | None]:
    """I22: digests no ledger holds yet."""
    waiting = Anchor.objects.filter(status=Status.WISHED)
    found = waiting.aggregate(depth=Count("pk"), oldest=Min("requested_at"))
    return found["depth"], found["oldest"]


def _follows(entry: LedgerEntry, tip: LedgerEntry | None) -> bool:
    if tip is None:
        is_next = entry.seq == 0 and entry.previous == links.GENESIS.hex()
    else:
        is_next = (entry.seq, entry.previous) == (tip.seq + 1, tip.head) and entry.at >= tip.at
    return is_next and entry.head == _head(entry)


def _head(entry: LedgerEntry) -> str | None:
    """Computed anew; None where a column is not what is hashed."""
    try:
        link = links.link(
            kind=entry.kind,
            ident=bytes.fromhex(entry.subject),
            digest=bytes.fromhex(entry.digest),
            count=entry.count,
            at=entry.at,
        )
        return links.head(bytes.fromhex(entry.previous), link).hex()
    except ValueError:
        return None


def _is_held(anchor: Anchor) -> bool:
    entry = anchor.entry
    claimed = (anchor.kind, _key(anchor), anchor.digest, anchor.count, anchor.anchored_at)
    return entry is not None and claimed == (
        entry.kind, entry.subject, entry.digest, entry.count, entry.at,
    )  # fmt: skip


def _is_inscribed(anchor: Anchor) -> bool:
    found = Inscription.objects.filter(
        network=anchor.network, kind=anchor.kind, subject=_key(anchor)
    ).first()
    claimed = (anchor.digest, anchor.count, anchor.anchored_at)
    return found is not None and claimed == (found.digest, found.count, found.anchored_at)


def _key(anchor: Anchor) -> str:
    return links.ident(bytes.fromhex(anchor.subject), anchor.version).hex()


CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {
    "I17": (broken_links, entries_nobody_wished_for, refused_wishes),
    "I18": (anchors_unlike_their_entry, anchors_unlike_their_inscription),
    "I19": (transactions_without_their_bytes,),
}
WAITING: Final[Mapping[str, Waiting]] = {"anchor": wishes}
