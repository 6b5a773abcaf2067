from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.utils import timezone

from config import rate_limit
from markets import bars
from tests.api import world as worlds


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Every test starts with a full allowance and empty memories."""
    cache.clear()
    bars.forget()
    rate_limit.limiter.cache_clear()
    yield
    bars.forget()


@pytest.fixture
def world(db: None) -> worlds.World:
    return worlds.build(timezone.now().replace(microsecond=0))
