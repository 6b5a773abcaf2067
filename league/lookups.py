"""What is kept in memory or cache instead of being asked for again, and how often it was there."""

from typing import Final

from prometheus_client import Counter

_LOOKUPS: Final = Counter(
    "league_cache_lookups", "Lookups in what is kept, by what came of them.", ["cache", "outcome"]
)


def count(cache: str, *, is_found: bool, times: int = 1) -> None:
    _LOOKUPS.labels(cache, "hit" if is_found else "miss").inc(times)
