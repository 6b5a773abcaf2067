"""What one answer of the SDK says: its words if it is whole, and what it will be billed for."""

from typing import Any, Final

from predictions.commentary.base import CommentaryRejected
from predictions.commentary.budget import Tokens

STOP: Final = 1  # FinishReason.STOP


def text(response: Any) -> str:
    """The words of a finished answer; `.text` of the SDK raises on several documented shapes.

    :raises CommentaryRejected: for a blocked prompt and for any finish reason but STOP. One newer
        than the SDK comes as a bare number, or as "unspecified" if the vendor sent its name.
    """
    if not response.candidates:
        raise CommentaryRejected("the prompt was blocked")
    candidate = response.candidates[0]
    reason = candidate.finish_reason
    if reason != STOP:
        raise CommentaryRejected(f"finished with {getattr(reason, 'name', reason)}")
    return "".join(part.text for part in candidate.content.parts)


def used(response: Any) -> Tokens | None:
    """What the vendor says it will bill; None when it says nothing.

    The total has the thoughts, which this SDK does not know by name; a blocked prompt's answer
    may have nothing but the total.
    """
    counts = response.usage_metadata
    total, shown = max(counts.total_token_count, 0), max(counts.candidates_token_count, 0)
    if not total:
        return None
    sent = max(counts.prompt_token_count, 0) or max(total - shown, 0)
    return Tokens(sent, max(total - sent, shown))
