"""The entries of a locked round in the order they are committed: seq 0, 1, 2, ..."""

from collections.abc import Iterable

from django.db.models import QuerySet

from chain import schema
from league.models import Round
from predictions import words
from predictions.entry_forms import Entry
from predictions.models import Prediction


def entries_of(round_: Round) -> list[Prediction]:
    """Standing entries by key; the position in this list is the entry's seq for ever."""
    return list(_standing(round_).select_related("player"))


def digests_of(round_: Round) -> list[bytes]:
    """Their commitments by seq, without the entries."""
    return [bytes(digest) for digest in _standing(round_).values_list("digest", flat=True)]


def seq_of(entry: Prediction) -> int:
    """The seq of an entry that stands in a locked round."""
    return _standing(entry.round).filter(pk__lt=entry.pk).count()


def word_of(entry: Prediction) -> Entry:
    """The entry as it was given."""
    return Entry(entry.form, entry.basis, entry.p10, entry.p50, entry.p90)


def leaves_of(round_: Round, digests: Iterable[bytes]) -> list[bytes]:
    """The commitment's leaves, 32 bytes each, of the entries' digests by seq."""
    key = words.round_key(round_)
    return [schema.leaf(key, seq, digest) for seq, digest in enumerate(digests)]


def score_leaves_of(round_: Round, points: Iterable[int]) -> list[bytes]:
    """The settlement's leaves: milli-points by seq."""
    key = words.round_key(round_)
    return [schema.score_leaf(key, seq, milli) for seq, milli in enumerate(points)]


def _standing(round_: Round) -> QuerySet[Prediction]:
    return Prediction.objects.filter(round=round_, is_withdrawn=False).order_by("pk")
