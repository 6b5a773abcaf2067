"""A language model's reply is untrusted input: one clamped number, one line of text. Pure."""

import json
import math
import unicodedata

from predictions.commentary.base import CommentaryRejected

LONGEST = 600
# Cc control, Cf format (bidi, zero width), Cs surrogates, Co private, Cn unassigned; Mn and Me,
# marks stacked on a letter, where no single letter has them.
UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"})
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that show nothing
# Whoever shows the text must escape it; whoever forgets shows no tag all the same.
BRACKETS = str.maketrans("<>", "\u2039\u203a")


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
    """A whole number may be too large for a float: it is clamped before it becomes one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CommentaryRejected("sentiment is not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise CommentaryRejected("sentiment is not finite")
    return float(min(max(value, -1), 1))


def _reasoning(value: object) -> str:
    if not isinstance(value, str):
        raise CommentaryRejected("reasoning is not text")
    whole = unicodedata.normalize("NFC", value[: 10 * LONGEST]).translate(BRACKETS)
    shown = (" " if mark.isspace() else mark for mark in whole if _is_shown(mark))
    text = " ".join("".join(shown).split())[:LONGEST].strip()
    if not text:
        raise CommentaryRejected("reasoning is empty")
    return text


def _is_shown(mark: str) -> bool:
    return mark.isspace() or not (mark in BLANKS or unicodedata.category(mark) in UNSHOWN)
