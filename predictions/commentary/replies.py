"""A language model's reply is untrusted input: one clamped number, one line of text. Pure."""

import json
import math
import unicodedata

from predictions.commentary.base import CommentaryRejected

LONGEST = 600
# Cc control, Cf format (bidi, zero width), Cs surrogates, Co private, Cn unassigned.
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def read(text: str) -> tuple[float, str]:
    """Sentiment in [-1, 1] and the reasoning, from a JSON object holding both.

    :raises CommentaryRejected: for anything else.
    """
    try:
        reply = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommentaryRejected("not JSON") from error
    if not isinstance(reply, dict):
        raise CommentaryRejected("not an object")
    return _sentiment(reply.get("sentiment")), _reasoning(reply.get("reasoning"))


def _sentiment(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CommentaryRejected("sentiment is not a number")
    return float(min(max(value, -1), 1))


def _reasoning(value: object) -> str:
    if not isinstance(value, str):
        raise CommentaryRejected("reasoning is not text")
    shown = (" " if mark.isspace() else mark for mark in value if _is_shown(mark))
    text = " ".join("".join(shown).split())[:LONGEST]
    if not text:
        raise CommentaryRejected("reasoning is empty")
    return text


def _is_shown(mark: str) -> bool:
    return mark.isspace() or unicodedata.category(mark) not in UNPRINTABLE
