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
from chain.ledger import local, registry
from chain.ledger.base import LedgerBusy, Place, Wish
from chain.models import Anchor, Kind, Status

logger = logging.getLogger(__name__)
BATCH: Final = 64
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
    kind: str,
    subject: bytes,
    digest: bytes,
    payload: Mapping[str, Any],
    now: datetime,
    version: int = 1,
) -> bool:
    """Wish that `digest` be anchored under (kind, subject, version); True when the wish is new.

    `subject` and `digest` are 32 bytes. `payload` is public JSON; its `count` (leaves under the
    root, 0 when absent) is anchored too, and a commitment must have it.
    :raises AnchorConflict: when another digest or count is already wished for.
    :raises UncountedCommitment: for a commitment without a whole, non-negative count.
    :raises chain.words.NotRepresentable: unless subject and digest are 32 bytes.
    :raises ValueError: for an unknown kind.
    """
    count = _count(kind, payload)
    anchor, created = Anchor.objects.get_or_create(
        network=registry.network().name,
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


def of(*, kind: str, subject: bytes) -> Anchor | None:
    """The newest version's anchor of a subject, whatever its status."""
    network = registry.network().name
    found = Anchor.objects.of(network=network, kind=kind, subject=subject)
    return found.select_related("entry").first()


def published(*, kind: str, subject: bytes) -> dict[str, Any] | None:
    """The newest version's anchor as receipts carry it; None until a ledger holds it."""
    anchor = of(kind=kind, subject=subject)
    if anchor is None or anchor.entry is None:
        return None
    return local.published(anchor.entry)


def pump(*, now: datetime, limit: int = MOST) -> int:
    """One sweep: tell the ledger the oldest wishes; how many were settled, either way.

    One that fails unexpectedly is counted, waits longer each time, and keeps no other waiting.
    """
    total = 0
    while total < limit:
        wished = Anchor.objects.wished(network=registry.ledger().network, now=now)
        batch = list(wished[: min(BATCH, limit - total)])
        done = _carry(batch, now=now) if batch else 0
        total += done
        if not batch or done < len(batch):  # nothing is left, or the next sweep goes on
            break
    return total


def _carry(batch: Sequence[Anchor], *, now: datetime) -> int:
    """Tell all at once; if that fails unexpectedly one by one, so that one blocks no other."""
    try:
        return _tell(batch, now=now)
    except LedgerBusy:
        logger.warning("chain.ledger_busy", extra={"wishes": len(batch)})
        return 0
    except Exception:
        logger.exception("chain.wishes_not_told", extra={"anchor_id": batch[0].pk})
    if len(batch) > 1:
        return sum(_carry([anchor], now=now) for anchor in batch)
    connection.close_if_unusable_or_obsolete()  # else the failure could not be counted
    rest = min(FIRST * FACTOR ** min(batch[0].attempts, 5), LONGEST)
    Anchor.objects.filter(pk=batch[0].pk).update(
        attempts=F("attempts") + 1, backoff_until=now + rest
    )
    return 0


def _tell(batch: Sequence[Anchor], *, now: datetime) -> int:
    return _record(batch, registry.ledger().append([_wish(a) for a in batch], now=now))


def _record(wished: Sequence[Anchor], places: Mapping[tuple[str, bytes], Place]) -> int:
    done = 0
    with transaction.atomic(durable=True):
        for anchor in wished:
            place = places.get((anchor.kind, _ident(anchor)))
            if place is not None:
                done += _settle(anchor, place)
    return done


def _settle(anchor: Anchor, place: Place) -> int:
    """Move one wish to what the ledger says; 1 when this call did it."""
    wish = Anchor.objects.filter(pk=anchor.pk, status=Status.WISHED)
    if (place.digest.hex(), place.count) != (anchor.digest, anchor.count):
        logger.error("chain.anchor_refused", extra={"anchor_id": anchor.pk})
        return wish.update(
            status=Status.FAILED, failure="The ledger already holds another digest for this key."
        )
    return wish.update(
        status=Status.FINAL if place.is_final else Status.ANCHORED,
        anchored_at=place.at,
        entry_id=place.entry_id,
    )


def _wish(anchor: Anchor) -> Wish:
    return Wish(
        kind=anchor.kind,
        ident=_ident(anchor),
        digest=bytes.fromhex(anchor.digest),
        count=anchor.count,
    )


def _ident(anchor: Anchor) -> bytes:
    return links.ident(bytes.fromhex(anchor.subject), anchor.version)


def _count(kind: str, payload: Mapping[str, Any]) -> int:
    count = payload.get("count", None if Kind(kind) is Kind.COMMITMENT else 0)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise UncountedCommitment(f"The payload of a {kind} needs a whole `count`.")
    return count
