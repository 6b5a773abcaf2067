"""Every address of the league, as its URLconf writes them."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLResolver, get_resolver


def routes() -> list[str]:
    """Without the leading slash: `rounds/<uuid:round_id>`; includes are joined."""
    return sorted(set(_walk(get_resolver().url_patterns, "")))


def _walk(patterns: list[Any], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        here = prefix + str(pattern.pattern).removeprefix("^")  # as a ResolverMatch says it
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, here)
        else:
            yield here
