from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import transaction

from league import gate
from league.clock import DATABASE, FixedClock
from league.identifiers import uuid7
from league.models import Round
from league.models.round import Status
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
LEAST = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def admit(round_: Round, at: datetime) -> datetime | None:
    with transaction.atomic():
        return gate.admit(round_id=round_.pk, clock=FixedClock(at))


@pytest.fixture
def round_() -> Round:
    return factories.opened(factories.round_of(factories.season(), locks_at=NOON))


@pytest.mark.parametrize(
    "at",
    [NOON - HOUR, NOON - HOUR + LEAST, NOON - timedelta(seconds=1), NOON - LEAST],
)
def test_from_opening_until_just_before_the_lock_the_gate_is_open(
    round_: Round, at: datetime
) -> None:
    assert admit(round_, at) == at


@pytest.mark.parametrize(
    "at", [NOON - HOUR - LEAST, NOON, NOON + LEAST, NOON + HOUR, NOON - timedelta(days=400)]
)
def test_before_the_opening_and_from_the_lock_on_it_is_shut(round_: Round, at: datetime) -> None:
    assert admit(round_, at) is None


def test_a_clock_in_another_zone_is_the_same_instant(round_: Round) -> None:
    zone = timezone(timedelta(hours=-7, minutes=-30))
    assert admit(round_, (NOON - LEAST).astimezone(zone)) == NOON - LEAST
    assert admit(round_, NOON.astimezone(zone)) is None


@pytest.mark.parametrize("status", [status for status in Status.values if status != Status.OPEN])
def test_only_an_open_round_admits(round_: Round, status: str) -> None:
    frozen = {"reference_price": 1, "sigma_bp": 5.0, "width": 0.9}
    fixed = {"settlement_price": 1, "outcome_bp": 0.0}
    Round.objects.update(
        status=status, **frozen, **fixed, finalized_at=NOON if status == "final" else None
    )
    assert admit(round_, NOON - timedelta(minutes=1)) is None


def test_an_unknown_round_admits_nobody(round_: Round) -> None:
    with transaction.atomic():
        assert gate.admit(round_id=uuid7(), clock=FixedClock(NOON - LEAST)) is None


def test_the_gate_looks_at_its_own_round_only(round_: Round) -> None:
    other = factories.round_of(round_.season, locks_at=NOON, symbol="ETH")
    assert admit(other, NOON - LEAST) is None
    assert admit(round_, NOON - LEAST) == NOON - LEAST


# -- the database's own clock --------------------------------------------------------------------
def around(now: datetime, *, opens_s: int, locks_s: int) -> Round:
    """An open round whose times are so many seconds from now."""
    season = factories.season(now=now)
    round_ = Round.objects.create(
        season=season, asset_id="BTC", horizon="1h", status=Status.OPEN,
        opens_at=now + timedelta(seconds=opens_s),
        locks_at=now + timedelta(seconds=locks_s),
        settles_at=now + timedelta(seconds=locks_s + 3600),
    )  # fmt: skip
    return factories.fresh(round_)


def test_the_database_tells_the_time_in_utc() -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    now = gate.database_now()
    assert now.utcoffset() == timedelta(0)
    assert before < now < before + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("opens_s", "locks_s", "is_open"),
    [(-60, 60, True), (-60, -1, False), (-7200, -3600, False), (60, 120, False)],
)
def test_the_database_clock_decides(opens_s: int, locks_s: int, is_open: bool) -> None:
    now = gate.database_now()
    round_ = around(now, opens_s=opens_s, locks_s=locks_s)
    with transaction.atomic():
        stamp = gate.admit(round_id=round_.pk, clock=DATABASE)
    assert (stamp is not None) is is_open
    if stamp is not None:
        assert now <= stamp < round_.locks_at


def test_whole_and_fractional_lock_times_are_compared_as_times() -> None:
    """SQLite keeps times as text, whole seconds without a fraction."""
    now = gate.database_now().replace(microsecond=0)
    round_ = around(now, opens_s=-60, locks_s=60)
    for lock in (NOON, NOON + timedelta(microseconds=500_000)):
        Round.objects.update(opens_at=lock - HOUR, locks_at=lock, settles_at=lock + HOUR)
        assert admit(round_, lock) is None
        assert admit(round_, lock - LEAST) == lock - LEAST
        assert admit(round_, lock - HOUR) == lock - HOUR
        assert admit(round_, lock - HOUR - LEAST) is None


def test_many_rounds_are_admitted_at_one_instant() -> None:
    """However the database looks for them: a small table it reads row by row, clock and all."""
    now = gate.database_now().replace(microsecond=0)
    season = factories.season(now=now)
    locks = [now + timedelta(minutes=30, seconds=number) for number in range(12)]
    rounds = [factories.opened(factories.round_of(season, locks_at=lock)) for lock in locks]
    with transaction.atomic():
        admitted = gate.admit_all(round_ids=[each.pk for each in rounds])
    assert set(admitted) == {each.pk for each in rounds}
    assert len(set(admitted.values())) == 1
