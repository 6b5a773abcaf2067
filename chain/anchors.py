"""Anchors: wish first, tell the ledger later, know what stands.

`request` only writes a row, so it belongs inside the transaction of whoever wants the digest
remembered; `pump` is the sweep that carries wishes to the ledger.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F

from chain import links, words
from chain.ledger import registry
from chain.ledger.base import BATCH, Key, Ledger, LedgerBusy, Place, Wish
from chain.models import Anchor, Kind, Status

logger = logging.getLogger(__name__)
# So that the wishes of a thousand rounds that became due at once are told in a few sweeps.
MOST: Final = 16 * BATCH
# A wish that fails unexpectedly waits 5 s, then four times longer each time, an hour at most.
FIRST: Final = timedelta(seconds=5)
LONGEST: Final = timedelta(hours=1)
FACTOR: Final = 4


class AnchorConflict(Exception):
    """The same subject is already wished for with another digest: never the same thing twice."""


class UncountedCommitment(ValueError):
    """A payload lacks `count`, the whole number of leaves under the root."""


def request(  # noqa: PLR0913 - one wish, all of it named
    *,
    network: str,
    kind: str,
    subject: bytes,
    digest: bytes,
    payload: Mapping[str, Any],
    now: datetime,
    version: int = 1,
) -> bool:
    """Wish that `digest` be anchored under (kind, subject, version); True when the wish is new.

    `network` is a name of chain.networks, the same for all a season anchors. `subject` and
    `digest` are 32 bytes. `payload` is public JSON; its `count` (leaves under the root, 0 when
    absent) is anchored too, and a commitment must have it; an EVM chain also needs what
    chain.ledger.base.Wish calls the detail.
    :raises AnchorConflict: when another digest or count is already wished for.
    :raises UncountedCommitment: for a commitment without a whole, non-negative count.
    :raises chain.words.NotRepresentable: unless subject and digest are 32 bytes.
    :raises ValueError: for an unknown kind.
    """
    count = _count(kind, payload)
    anchor, created = Anchor.objects.get_or_create(
        network=network,
        kind=kind,
        subject=words.bytes32(subject).hex(),
        version=version,
        defaults={
            "digest": words.bytes32(digest).hex(),
            "count": count,
            "payload": dict(payload),
            "requested_at": now,
        },
    )
    if (anchor.digest, anchor.count) != (digest.hex(), count):
        raise AnchorConflict(f"{kind} {anchor.subject} is already anchored differently.")
    return created


def of(*, network: str, kind: str, subject: bytes) -> Anchor | None:
    """The newest version's anchor of a subject, whatever its status."""
    found = Anchor.objects.of(network=network, kind=kind, subject=subject)
    return found.select_related("entry").first()


def published(*, network: str, kind: str, subject: bytes) -> dict[str, Any] | None:
    """The newest version's anchor as receipts carry it; None until a ledger holds it."""
    anchor = of(network=network, kind=kind, subject=subject)
    if anchor is None or not anchor.is_anchored():
        return None
    return registry.ledger_of(network).published(kind=kind, ident=_ident(anchor))


def pump(*, now: datetime, limit: int = MOST) -> int:
    """One sweep: tell every ledger its oldest wishes; how many moved on, either way.

    One that fails unexpectedly is counted, waits longer each time, and keeps no other waiting.
    """
    return sum(_pump(ledger, now=now, limit=limit) for ledger in registry.serving())


def _pump(ledger: Ledger, *, now: datetime, limit: int) -> int:
    total = 0
    while total < limit:
        unsettled = Anchor.objects.unsettled(network=ledger.network, now=now)
        batch = list(unsettled[: min(ledger.most, limit - total)])
        done = _carry(batch, ledger, now=now) if batch else 0
        total += done
        if not batch or done < len(batch):  # nothing is left, or the next sweep goes on
            break
    return total


def _carry(batch: Sequence[Anchor], ledger: Ledger, *, now: datetime) -> int:
    """Tell all at once; if that fails unexpectedly in halves, so that one blocks no other."""
    try:
        places = ledger.append([_wish(anchor) for anchor in batch], now=now)
        return _record(batch, places)
    except LedgerBusy as busy:
        extra = {"network": ledger.network, "wishes": len(batch), "reason": str(busy)}
        logger.warning("chain.ledger_busy", extra=extra)
        return 0
    except Exception:
        logger.exception("chain.wishes_not_told", extra={"anchor_id": batch[0].pk})
    connection.close_if_unusable_or_obsolete()  # else the failure could not be counted
    if len(batch) > 1:
        middle = len(batch) // 2
        return sum(_carry(half, ledger, now=now) for half in (batch[:middle], batch[middle:]))
    rest = min(FIRST * FACTOR ** min(batch[0].attempts, 5), LONGEST)
    Anchor.objects.filter(pk=batch[0].pk).update(
        attempts=F("attempts") + 1, backoff_until=now + rest
    )
    return 0


def _record(told: Sequence[Anchor], places: Mapping[Key, Place]) -> int:
    with transaction.atomic(durable=True):
        return sum(_move(anchor, places.get((anchor.kind, _ident(anchor)))) for anchor in told)


def _move(anchor: Anchor, place: Place | None) -> int:
    """Move one wish to what the ledger says; 1 when this call did it."""
    held = Anchor.objects.filter(pk=anchor.pk, status=anchor.status)
    if place is None:  # a block that held it is no longer part of the chain
        lost = anchor.status == Status.ANCHORED
        return held.update(status=Status.WISHED, anchored_at=None) if lost else 0
    if (place.digest.hex(), place.count) != (anchor.digest, anchor.count):
        logger.error("chain.anchor_refused", extra={"anchor_id": anchor.pk})
        failure = "The ledger already holds another digest for this key."
        return held.update(status=Status.FAILED, failure=failure, anchored_at=None)
    status = Status.FINAL if place.is_final else Status.ANCHORED
    if (status, place.at) == (anchor.status, anchor.anchored_at):
        return 0
    return held.update(status=status, anchored_at=place.at, entry_id=place.entry_id)


def _wish(anchor: Anchor) -> Wish:
    return Wish(
        kind=anchor.kind,
        ident=_ident(anchor),
        digest=bytes.fromhex(anchor.digest),
        count=anchor.count,
        detail=anchor.payload,
    )


def _ident(anchor: Anchor) -> bytes:
    return links.ident(bytes.fromhex(anchor.subject), anchor.version)


def _count(kind: str, payload: Mapping[str, Any]) -> int:
    count = payload.get("count", None if Kind(kind) is Kind.COMMITMENT else 0)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise UncountedCommitment(f"The payload of a {kind} needs a whole `count`.")
    return count
