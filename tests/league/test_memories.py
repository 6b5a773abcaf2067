from datetime import timedelta
from pathlib import Path

import pytest

from league import memories
from league.memories import Memory
from tests import disk
from tests.factories import NOON

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def memory() -> Memory[str]:
    return Memory(lifetime=10 * SECOND, most=3)


def test_a_value_is_kept_for_its_lifetime(memory: Memory[str]) -> None:
    memory.keep("a", "one", now=NOON)
    assert memory.recall("a", now=NOON) == "one"
    assert memory.recall("a", now=NOON + 9 * SECOND) == "one"
    assert memory.recall("a", now=NOON + 10 * SECOND) is None
    assert memory.recall("b", now=NOON) is None


def test_a_clock_set_back_recalls_nothing(memory: Memory[str]) -> None:
    memory.keep("a", "one", now=NOON)
    assert memory.recall("a", now=NOON - SECOND) is None


def test_it_never_grows_beyond_its_bound_and_loses_the_oldest(memory: Memory[str]) -> None:
    for name in "abcab":
        memory.keep(name, name.upper(), now=NOON)
        memory.keep("d", "D", now=NOON)
        assert len(memory) <= 3
    assert memory.recall("d", now=NOON) == "D"
    assert memory.recall("b", now=NOON) == "B"
    assert memory.recall("c", now=NOON) is None


def test_what_is_dropped_or_forgotten_is_gone(memory: Memory[str]) -> None:
    memory.keep("a", "one", now=NOON)
    memory.keep("b", "two", now=NOON)
    memory.drop("a")
    assert memory.recall("a", now=NOON) is None
    assert memory.recall("b", now=NOON) == "two"
    memories.forget()
    assert len(memory) == 0


@pytest.mark.django_db(transaction=True)
def test_another_database_is_another_memory(memory: Memory[str], tmp_path: Path) -> None:
    memory.keep("a", "one", now=NOON)
    with disk.database(tmp_path):
        assert memory.recall("a", now=NOON) is None
    assert memory.recall("a", now=NOON) == "one"


def test_many_are_kept_and_recalled_at_once(memory: Memory[str]) -> None:
    memory.keep("a", "old", now=NOON - 10 * SECOND)
    memory.keep_all({"b": "B", "c": "C"}, now=NOON)
    assert memory.recall_all(["a", "b", "c", "d"], now=NOON) == {"b": "B", "c": "C"}
    assert memory.recall_all(["b"], now=NOON - SECOND) == {}
    memory.keep_all({"d": "D", "e": "E"}, now=NOON)
    assert memory.recall_all("abcde", now=NOON) == {"c": "C", "d": "D", "e": "E"}
