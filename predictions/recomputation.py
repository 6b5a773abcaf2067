"""What was published, computed anew from the rows it came from; each check counts differences.

One round or entry is in memory at a time. A row that cannot even be computed with is a difference.
`since` leaves out the rounds that settle earlier.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, TypeVar

from django.db.models import QuerySet

from chain import facts, merkle, schema
from chain.models import Kind
from league.models import Round
from league.models.player import BUILT_IN
from league.models.round import Status
from predictions import house_picks, leaves, proofs, words
from predictions.entry_forms import Entry
from predictions.models import Commitment, Prediction, Revision, Score, Settlement
from predictions.scoring import derivation

logger = logging.getLogger(__name__)
T = TypeVar("T")
CHUNK: Final = 1000


def altered_words(since: datetime) -> int:
    """I1: every word ever accepted still has the digest it was accepted with.

    Cannot tell a word that was replaced together with its digest; once the round is committed,
    the root can (I16).
    """
    standing = Prediction.objects.filter(round__settles_at__gte=since)
    earlier = Revision.objects.filter(prediction__round__settles_at__gte=since)
    there, before = (
        ("round__season", "player"),
        ("prediction__round__season", "prediction__player"),
    )
    return sum(
        (
            _failing(_is_as_sealed, _each(standing.select_related(*there))),
            _failing(_was_as_sealed, _each(earlier.select_related(*before))),
        )
    )


def altered_evidence(since: datetime) -> int:
    """I6, I20: what the anchor of an ended round names as evidence is on record for its mode.

    A void round's instants may be heard more of afterwards, by rounds that share them.
    """
    return _failing(_has_its_evidence, _each(_ended(since)))


def scores_unlike_their_entries(since: datetime) -> int:
    """I8: every score, the crowd's too, is what the rule makes of the entries, to the unit.

    Entries without any score are I2's.
    """
    return _failing(_is_scored_as_derived, _each(_finals(since)))


def reasoning_unlike_its_hash(since: datetime) -> int:
    """I14: what is shown of a built-in player's reasoning is what was sealed with its word.

    Only of standing words: the reasoning of earlier ones is not kept.
    """
    built_in = Prediction.objects.filter(
        player__kind__in=BUILT_IN, as_of__isnull=False, round__settles_at__gte=since
    )
    return _failing(_opens_its_hash, _each(built_in))


def roots_unlike_their_entries(since: datetime) -> int:
    """I16: a root covers exactly the standing entries, in order, and is what was to be anchored.

    Then every proof made from the same tree leads to it.
    """
    made = Commitment.objects.filter(round__settles_at__gte=since)
    return _failing(_covers_its_entries, _each(made.select_related("round__season")))


def settlements_unlike_their_anchor(since: datetime) -> int:
    """I18: what was to be anchored of an ended round is our price, our scores, our evidence."""
    return _failing(_is_settled_as_anchored, _each(_ended(since)))


def _is_as_sealed(standing: Prediction) -> bool:
    return _is_sealed(standing, of=standing)


def _was_as_sealed(earlier: Revision) -> bool:
    return _is_sealed(earlier, of=earlier.prediction)


def _is_sealed(word: Prediction | Revision, *, of: Prediction) -> bool:
    # Withdrawing counts as a revision of its own, but seals no new word.
    revision = word.revision - word.is_withdrawn
    struct = words.committed(
        round_=of.round,
        player=of.player,
        entry=Entry(word.form, word.basis, word.p10, word.p50, word.p90),
        seal=words.Seal(revision, bytes(word.payload_hash), bytes(word.salt)),
    )
    network = words.network(of.round.season)
    return schema.prediction_digest(struct, network=network) == bytes(word.digest)


def _has_its_evidence(round_: Round) -> bool:
    wish = proofs.anchor_of(round_, Kind.SETTLEMENT)
    if wish is None:
        return True
    pinned, known = wish.payload["evidence"], proofs.evidence_of(round_)
    if round_.status == Status.VOID:
        return all(word in known for word in pinned)
    return bool(pinned == known)


def _is_scored_as_derived(round_: Round) -> bool:
    stored = {
        player: (seq, milli)
        for player, seq, milli in Score.objects.filter(round=round_).values_list(
            "player_id", "seq", "points_milli"
        )
    }
    derived = {
        score.player_id: (score.seq, score.points_milli) for score in derivation.scores_of(round_)
    }
    judged = (stored.keys() & derived.keys()) | _leafless(stored) | _leafless(derived)
    return all(stored.get(player) == derived.get(player) for player in judged)


def _leafless(scores: dict[int, tuple[int | None, int]]) -> set[int]:
    return {player for player, (seq, _) in scores.items() if seq is None}


def _opens_its_hash(word: Prediction) -> bool:
    if word.as_of is None:
        return False
    shown = house_picks.shown(
        reasoning=word.reasoning, as_of=word.as_of, is_simulated=word.is_simulated_reasoning
    )
    return schema.payload_hash(shown) == bytes(word.payload_hash)


def _covers_its_entries(made: Commitment) -> bool:
    round_ = made.round
    key = words.round_key(round_)
    root = merkle.root(leaves.leaves_of(round_, leaves.digests_of(round_))).hex()
    wish = proofs.anchor_of(round_, Kind.COMMITMENT)
    wished = None if wish is None else (wish.digest, wish.count)
    return (made.round_key, made.root, wished) == (key.hex(), root, (root, made.count))


def _is_settled_as_anchored(round_: Round) -> bool:
    wish = proofs.anchor_of(round_, Kind.SETTLEMENT)
    if wish is None:  # the next sweep wishes it
        return not Settlement.objects.filter(round=round_, is_wished=True).exists()
    points = [] if round_.status == Status.VOID else _points(round_)
    root = merkle.root(leaves.score_leaves_of(round_, points))
    outcome = proofs.outcome_of(round_, score_root=root, evidence=wish.payload["evidence"])
    told = (wish.payload["price"], wish.payload["score_root"], wish.digest, wish.count)
    ours = (str(outcome.price), outcome.score_root.hex(), facts.settlement_digest(outcome).hex())
    return told == (*ours, len(points))


def _points(round_: Round) -> list[int]:
    scores = Score.objects.filter(round=round_, seq__isnull=False).order_by("seq")
    return list(scores.values_list("points_milli", flat=True))


def _ended(since: datetime) -> QuerySet[Round]:
    rounds = Round.objects.filter(status__in=[Status.FINAL, Status.VOID], settles_at__gte=since)
    return rounds.select_related("season")


def _finals(since: datetime) -> QuerySet[Round]:
    rounds = Round.objects.filter(status=Status.FINAL, settles_at__gte=since)
    return rounds.select_related("season")


def _each(rows: "QuerySet[T]") -> Iterable[T]:  # type: ignore[type-var]  # any model
    return rows.iterator(chunk_size=CHUNK)


def _failing(holds: Callable[[T], bool], rows: Iterable[T]) -> int:
    return sum(not _try(holds, row) for row in rows)


def _try(holds: Callable[[T], bool], row: T) -> bool:
    try:
        return holds(row)
    except (ArithmeticError, LookupError, ValueError) as error:
        # Only the kind of failure: its text may quote sealed numbers.
        extra = {"row": str(row), "failure": type(error).__name__}
        logger.warning("a row cannot be computed with", extra=extra)
        return False
