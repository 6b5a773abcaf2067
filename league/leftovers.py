"""What nobody can ask for any more; one look at all of it, as every look is a row of beat's."""

from datetime import datetime

from league import answers, nonces


def forget(*, now: datetime) -> int:
    """Remove old answers and wallet nonces. Returns how many rows."""
    return answers.forget(now=now) + nonces.forget(now=now)
