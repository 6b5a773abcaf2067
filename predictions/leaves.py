"""The entries of a locked round in the order they are committed: seq 0, 1, 2, ..."""

from chain import schema
from league.models import Round
from predictions import words
from predictions.entry_forms import Entry
from predictions.models import Prediction


def entries_of(round_: Round) -> list[Prediction]:
    """Standing entries by key; the position in this list is the entry's seq for ever."""
    return list(
        Prediction.objects.filter(round=round_, is_withdrawn=False)
        .select_related("player")
        .order_by("pk")
    )


def word_of(entry: Prediction) -> Entry:
    """The entry as it was given."""
    return Entry(entry.form, entry.basis, entry.p10, entry.p50, entry.p90)


def leaves_of(round_: Round, entries: list[Prediction]) -> list[bytes]:
    """The commitment's leaves, 32 bytes each."""
    key = words.round_key(round_)
    return [schema.leaf(key, seq, bytes(entry.digest)) for seq, entry in enumerate(entries)]


def score_leaves_of(round_: Round, points: list[int]) -> list[bytes]:
    """The settlement's leaves: milli-points by seq."""
    key = words.round_key(round_)
    return [schema.score_leaf(key, seq, milli) for seq, milli in enumerate(points)]
