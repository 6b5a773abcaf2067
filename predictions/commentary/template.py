"""The commentator without a language model: the same facts always give the same words."""

from dataclasses import dataclass
from datetime import UTC, datetime

from predictions.commentary.base import Comment, Facts

SOURCE = "template"


@dataclass(frozen=True, slots=True)
class Template:
    """`why` says in the comment itself why no language model wrote it."""

    why: str

    def comment(self, facts: Facts) -> Comment:
        """Never fails, and never leans: sentiment is zero."""
        at = datetime.fromtimestamp(facts.as_of, tz=UTC)
        reasoning = (
            f"At {at:%Y-%m-%d %H:%M} UTC {facts.symbol} stood at {facts.price:,.10g}: "
            f"{_moves(facts)}. {_mood(facts)} No lean over {facts.horizon}: {self.why}."
        )
        return Comment(0.0, reasoning, SOURCE, is_simulated=True)


def _moves(facts: Facts) -> str:
    changes = {
        "an hour": facts.change_1h_bp,
        "a day": facts.change_24h_bp,
        "a week": facts.change_7d_bp,
    }
    known = [f"{change:+d} bp in {span}" for span, change in changes.items() if change is not None]
    return ", ".join(known) or "no earlier price to compare it with"


def _mood(facts: Facts) -> str:
    """How large the day's move was for a day of that volatility."""
    if facts.daily_vol_bp is None or facts.change_24h_bp is None:
        return "History is too short to call the day calm or rough."
    share = abs(facts.change_24h_bp) / max(facts.daily_vol_bp, 1)
    kind = "drifted with little resistance" if share > 1 else "went back and forth"
    return f"It moved {facts.daily_vol_bp} bp hour by hour over the day and {kind}."
