"""Instants as people type them: ISO 8601 with a zone, always UTC inside."""

from datetime import UTC, datetime


class NotAnInstant(ValueError):
    """The text is not an ISO 8601 instant with a UTC offset."""


def parse_instant(text: str) -> datetime:
    """2024-03-01T00:00:00Z and its like.

    :raises NotAnInstant: for anything else, naive times included.
    """
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise NotAnInstant(f"{text!r} is not an ISO 8601 instant.") from error
    raise NotAnInstant(f"{text!r} names no time zone: write a Z for UTC.")


def show_instant(at: datetime) -> str:
    """ISO 8601 in UTC, whole seconds, with a Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def age(at: datetime | None, now: datetime) -> float:
    """Seconds since `at`; 0 for what has not been."""
    return max((now - at).total_seconds(), 0.0) if at else 0.0
