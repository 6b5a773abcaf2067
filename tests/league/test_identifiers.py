import uuid

from league.identifiers import uuid7, uuid7s


def test_ids_are_version_7_of_the_rfc() -> None:
    made = uuid7()
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_ids_sort_by_the_millisecond_they_were_made_in() -> None:
    made = [uuid7() for _ in range(2000)]
    milliseconds = [one.int >> 80 for one in made]
    assert milliseconds == sorted(milliseconds)
    assert abs(milliseconds[0] - milliseconds[-1]) < 60_000


def test_ids_do_not_repeat() -> None:
    assert len({uuid7() for _ in range(5000)}) == 5000


def test_many_made_at_once_are_as_different() -> None:
    made = uuid7s(500)
    assert {(one.version, one.variant) for one in made} == {(7, uuid.RFC_4122)}
    assert len({one.int & (2**62 - 1) for one in made}) == 500
    assert uuid7s(0) == []
