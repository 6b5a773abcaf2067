"""Who comments: Gemini on live prices when a key is set, the deterministic template otherwise."""

import logging
from dataclasses import dataclass, replace

from django.conf import settings

from markets import traffic
from markets.modes import PriceMode
from predictions.commentary.base import Comment, Commentator, Facts, NoComment
from predictions.commentary.budget import Budget
from predictions.commentary.gemini import SOURCE, Gemini
from predictions.commentary.template import Template

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WithTwin:
    """Asks `first`; whatever goes wrong, the template answers and says why.

    What `first` spent in vain is in the comment's usage.
    """

    first: Commentator

    def comment(self, facts: Facts) -> Comment:
        try:
            return self.first.comment(facts)
        except NoComment as error:
            extra = {"facts": facts.digest(), "reason": f"{type(error).__name__}: {error}"}
            logger.warning("commentary fell back to the template", extra=extra)
            traffic.count(SOURCE, traffic.FALLBACK)
            usage = error.usage
        return replace(Template("Gemini gave no usable answer").comment(facts), usage=usage)


def commentator(price_mode: str) -> Commentator:
    """A simulated or replayed season never calls out: its prices mean nothing to anybody."""
    if price_mode != PriceMode.LIVE:
        return Template(f"no language model is asked about {price_mode} prices")
    if not settings.GEMINI_API_KEY:
        return Template("no Gemini key is configured")
    return WithTwin(
        Gemini(
            api_key=settings.GEMINI_API_KEY,
            model=settings.GEMINI_MODEL,
            endpoint=settings.GEMINI_API_ENDPOINT,
            timeout_s=settings.GEMINI_TIMEOUT_S,
            budget=Budget(
                calls=settings.GEMINI_DAILY_CALLS,
                tokens=settings.GEMINI_DAILY_TOKENS,
                micro_usd=settings.GEMINI_DAILY_MICROUSD,
                price_sent=settings.GEMINI_MICROUSD_PER_MTOK_IN,
                price_received=settings.GEMINI_MICROUSD_PER_MTOK_OUT,
            ),
        )
    )
