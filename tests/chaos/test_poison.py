"""F8: whatever is poisoned is counted, rests, and is left alone; everything else is on time."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from chain import anchors
from chain.ledger import local
from chain.ledger.base import Wish
from chain.models import Anchor
from config import invariants, sweeps
from leaderboard import standings
from league import calendar, frames, operations, players, quarantine, rounds
from league.models import Player, Round, Season
from league.models.round import POISONED, Status
from markets.models import Asset
from predictions import submissions, words
from predictions.models import Commitment, Prediction
from predictions.scoring import tallies
from tests import factories
from tests.chaos import engine, report
from tests.factories import NOON
from tests.services.servers import Postgres

pytestmark = [pytest.mark.chaos, pytest.mark.services]
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
TICK = 5 * SECOND
LOCK = NOON + HOUR
SYMBOLS = ("BTC", "ETH", "SOL")
SINCE = NOON - 120 * HOUR
# When a round that fails at every look is looked at: 5 s, then four times longer each time.
STRIKES = [timedelta(seconds=second) for second in (0, 5, 25, 105, 425, 1705)]
Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def _stage(postgres: Postgres, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Three assets' hourly rounds on PostgreSQL, entered by four people, a second before NOON."""
    logging.disable(logging.CRITICAL)
    with (
        django_db_blocker.unblock(),
        engine.database(postgres),
        factories.market(since=SINCE),
    ):
        players.ensure_built_in(now=NOON)
        league = factories.league(symbols=SYMBOLS)
        Asset.objects.exclude(pk__in=SYMBOLS).update(is_active=False)
        factories.season(league, ends_at=LOCK + 2 * HOUR)
        factories.humans(2)
        sweeps.run(now=NOON + SECOND)
        for player in Player.objects.filter(kind="human"):
            for round_ in Round.objects.filter(status=Status.OPEN):
                factories.enter(round_, player, factories.at_return(-30, player.pk % 7, 30))
        yield
    logging.disable(logging.NOTSET)


def the(symbol: str) -> Round:
    return factories.fresh(Round.objects.get(asset=symbol, locks_at=LOCK))


def others() -> set[str]:
    found = Round.objects.filter(locks_at=LOCK).exclude(asset="BTC")
    return set(found.values_list("status", flat=True))


def poison(patch: Patch, where: tuple[Any, str], *, how: Callable[[], object], of: object) -> None:
    """A function fails as `how` does when it is given `of`, and works for everybody else."""
    real = getattr(*where)

    def poisoned(*given: Any, **named: Any) -> Any:
        if any(subject == of for subject in (*given, *named.values())):
            how()
        return real(*given, **named)

    patch.setattr(*where, poisoned)


def bug() -> None:
    raise ZeroDivisionError("a bug nobody thought of")


def broken_statement() -> None:
    """The step's own transaction is lost: nothing more can be done in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def cut() -> None:
    """The server ends the session: the connection itself is lost."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


HOWS = [bug, broken_statement, cut] if report.is_long() else [cut]


@contextmanager
def counted(story: str) -> Iterator[dict[str, int]]:
    numbers: dict[str, int] = {}
    yield numbers
    report.add(f"poison: {story}", **numbers, violations=violations())
    assert violations() == 0


def violations() -> int:
    found = list(invariants.look(since=invariants.EVERYTHING))
    assert all(one.violations is not None for one in found)
    return sum(one.violations or 0 for one in found)


def strike(at: datetime, *, on_time: str, numbers: dict[str, int]) -> None:
    """Look whenever the poisoned round may be tried: the others never wait for it."""
    for number, late in enumerate(STRIKES, start=1):
        sweeps.run(now=at + late)
        assert the("BTC").attempts == min(number, POISONED)
        assert others() == {on_time}, "a poisoned round delayed another"
    numbers |= {"failures": the("BTC").attempts, "looks": len(STRIKES)}


# -- the stages of a round ------------------------------------------------------------------------
@pytest.mark.parametrize("how", HOWS)
def test_a_round_that_cannot_be_priced_is_left_alone_and_revived(
    how: Callable[[], object], monkeypatch: Patch
) -> None:
    with counted(f"pricing, {how.__name__}") as numbers:
        with monkeypatch.context() as patch:
            poison(patch, (frames, "measure"), how=how, of=the("BTC"))
            strike(LOCK, on_time=Status.RUNNING, numbers=numbers)
        sweeps.run(now=LOCK + HOUR)
        assert (the("BTC").status, others()) == (Status.LOCKED, {Status.FINAL})
        assert operations.revive(the("BTC"))
        sweeps.run(now=LOCK + HOUR)
        assert the("BTC").status == Status.FINAL


@pytest.mark.parametrize("how", HOWS)
def test_a_round_that_cannot_be_settled_is_left_alone_and_revived(
    how: Callable[[], object], monkeypatch: Patch
) -> None:
    with counted(f"settling, {how.__name__}") as numbers:
        sweeps.run(now=LOCK)
        with monkeypatch.context() as patch:
            poison(patch, (rounds, "_price"), how=how, of=the("BTC"))
            strike(LOCK + HOUR, on_time=Status.FINAL, numbers=numbers)
        assert the("BTC").status == Status.RUNNING
        assert operations.revive(the("BTC"))
        sweeps.run(now=LOCK + 2 * HOUR)
        assert the("BTC").status == Status.FINAL


@pytest.mark.parametrize("how", HOWS)
def test_a_round_that_cannot_be_committed_is_left_alone_and_revived(
    how: Callable[[], object], monkeypatch: Patch
) -> None:
    """Committing comes after pricing, so the round itself goes on until it is to be graded."""
    with counted(f"commitment, {how.__name__}") as numbers:
        with monkeypatch.context() as patch:
            poison(patch, (anchors, "request"), how=how, of=words.round_key(the("BTC")))
            strike(LOCK, on_time=Status.RUNNING, numbers=numbers)
            assert not Commitment.objects.filter(round=the("BTC")).exists()
        sweeps.run(now=LOCK + HOUR)
        assert (the("BTC").status, others()) == (Status.RUNNING, {Status.FINAL})
        assert operations.revive(the("BTC"))
        for _ in range(2):  # the first look settles and commits, and grades what is committed
            sweeps.run(now=LOCK + HOUR)
        assert the("BTC").status == Status.FINAL


@pytest.mark.parametrize("how", HOWS)
def test_a_round_that_cannot_be_graded_leaves_no_half_of_it(
    how: Callable[[], object], monkeypatch: Patch
) -> None:
    with counted(f"grading, {how.__name__}") as numbers:
        sweeps.run(now=LOCK)
        with monkeypatch.context() as patch:
            poison(patch, (tallies, "add"), how=how, of=the("BTC"))  # after the scores
            strike(LOCK + HOUR, on_time=Status.FINAL, numbers=numbers)
        assert the("BTC").status == Status.SETTLED
        assert operations.revive(the("BTC"))
        sweeps.run(now=LOCK + HOUR)
        assert the("BTC").status == Status.FINAL


# -- what is beside the rounds --------------------------------------------------------------------
@pytest.mark.parametrize("how", HOWS)
def test_a_house_pick_that_fails_stops_no_other_and_no_round(
    how: Callable[[], object], monkeypatch: Patch
) -> None:
    with counted(f"house picks, {how.__name__}") as numbers:
        Prediction.objects.filter(player__kind="ai").delete()
        with monkeypatch.context() as patch:
            poison(patch, (submissions, "_admit"), how=how, of=the("BTC").pk)
            sweeps.run(now=LOCK - 10 * SECOND)
            entered = Prediction.objects.filter(player__kind="ai", round__locks_at=LOCK)
            numbers["entered"] = entered.count()
            assert set(entered.values_list("round__asset", flat=True)) == {"ETH", "SOL"}
            assert the("BTC").attempts == 0, "people play a round the house cannot"
        sweeps.run(now=LOCK - 5 * SECOND)
        assert entered.filter(round__asset="BTC").exists()
        sweeps.run(now=LOCK + HOUR)
        assert the("BTC").status == Status.FINAL


def test_a_board_that_fails_keeps_no_other_from_being_published(monkeypatch: Patch) -> None:
    with counted("board") as numbers:
        other = factories.season(the("ETH").season.league, slug="other", ends_at=LOCK + 2 * HOUR)
        for symbol in SYMBOLS:
            factories.round_of(other, locks_at=LOCK, symbol=symbol)
        broken, real = str(other.pk), standings._publish

        def publish(season: Any, horizon: str, *, now: datetime) -> bool:
            if str(season) == broken:
                bug()
            return real(season, horizon, now=now)

        with monkeypatch.context() as patch:
            patch.setattr(standings, "_publish", publish)
            for hour in range(3):
                sweeps.run(now=LOCK + hour * HOUR)
            assert [str(season) for season, _ in standings.lagging()] == [broken]
        sweeps.run(now=LOCK + 3 * HOUR)
        numbers["boards"] = 2
        assert standings.lagging() == []


def test_a_season_nobody_understands_keeps_no_other_from_being_played() -> None:
    with counted("season") as numbers:
        league = the("ETH").season.league
        good = factories.season(league, slug="good", starts_at=LOCK, ends_at=LOCK + 9 * HOUR)
        odd = factories.season(league, slug="odd", starts_at=LOCK, ends_at=LOCK + 9 * HOUR)
        whole = odd.rules
        Season.objects.filter(pk=odd.pk).update(rules={"horizons": ["3 days"]})
        assert calendar.schedule(now=LOCK) > 0
        sweeps.run(now=LOCK)
        numbers["rounds"] = Round.objects.filter(season=good).count()
        assert numbers["rounds"] > 0
        assert not Round.objects.filter(season=odd).exists()
        Season.objects.filter(pk=odd.pk).update(rules=whole)
        sweeps.run(now=LOCK)
        assert Round.objects.filter(season=odd).exists()


@pytest.mark.parametrize("how", HOWS)
def test_a_bad_wish_blocks_none_of_the_others(
    how: Callable[[], object], monkeypatch: Patch
) -> None:
    with counted(f"anchor wish, {how.__name__}") as numbers:
        digests = [bytes([number]) * 32 for number in range(64)]
        for number, digest in enumerate(digests):
            anchors.request(
                network="local",
                kind="board",
                subject=digest,
                digest=digest,
                payload={"count": number},
                now=NOON,
            )
        bad, real = digests[0], local._append

        def append(wishes: list[Wish], **named: Any) -> Any:
            if any(wish.ident == bad for wish in wishes):
                how()
            return real(wishes, **named)

        with monkeypatch.context() as patch:
            patch.setattr(local, "_append", append)
            anchors.pump(now=LOCK)
            waiting = Anchor.objects.filter(status="wished")
            assert list(waiting.values_list("subject", flat=True)) == [bad.hex()]
            numbers["told"] = 63
            for late in STRIKES[1:]:
                anchors.pump(now=LOCK + late - SECOND)
                anchors.pump(now=LOCK + late)
            assert waiting.get().attempts == len(STRIKES)
        anchors.pump(now=LOCK + 2 * HOUR)
        assert not waiting.exists()


def test_a_failure_is_counted_though_its_step_broke_transaction_and_connection() -> None:
    """The count is a commit of its own: another session sees it at once."""

    def step(round_: Round, *, now: datetime) -> bool:
        cut()
        return True

    assert quarantine.attempt(step, the("BTC"), now=LOCK) is False
    connection.close()
    assert the("BTC").attempts == 1
    assert the("BTC").backoff_until == LOCK + TICK
