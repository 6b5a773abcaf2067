"""One living league for every outage; in the end nothing it was told may be missing."""

from collections.abc import Iterator

import pytest

from tests.chaos.outages.world import World, living


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One after the other, however all are shuffled: the world's rounds wait for nobody."""
    items.sort(key=lambda item: item.path.parent.name == "outages")


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("outages")) as made:
        yield made
