"""What nobody can ask for any more; one look at all of it, as every look is a row of beat's."""

from datetime import datetime

from league import answers, nonces
from league.webhooks import deliveries


def forget(*, now: datetime) -> int:
    """Remove old answers, wallet nonces and webhook deliveries. Returns how many rows."""
    return answers.forget(now=now) + nonces.forget(now=now) + deliveries.forget(now=now)
