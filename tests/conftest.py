"""What every test of the project can rely on."""

from collections.abc import Iterator

import hypothesis
import pytest
from pytest_django import DjangoDbBlocker

from config import allowance
from leaderboard import renditions
from league import memories
from markets import bars
from tests import played

# The same examples on every machine; a shared core must not fail a test by being slow.
hypothesis.settings.register_profile("league", derandomize=True, deadline=None, max_examples=60)
hypothesis.settings.load_profile("league")


@pytest.fixture(autouse=True)
def _forget_what_is_remembered() -> Iterator[None]:
    """No test sees what another one left in memory.

    Under a name of its own: a fixture of the same name nearer to a test would take its place.
    """
    bars.forget()
    memories.forget()
    renditions.forget()
    yield
    bars.forget()
    memories.forget()


@pytest.fixture(autouse=True)
def _fresh_allowance() -> None:
    """Every test starts with the whole minute's requests."""
    allowance.forget()


@pytest.fixture(scope="module")
def _played_season(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """A season in full swing, in a database of the module's own."""
    with django_db_blocker.unblock(), played.season(tmp_path_factory.mktemp("played")):
        yield
