"""One living league for every outage; in the end nothing it was told may be missing."""

from collections.abc import Iterator

import pytest

from tests.chaos.outages.world import World, living


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("outages")) as made:
        yield made
