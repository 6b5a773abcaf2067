"""A whole simulated season, from its first round to receipts checked by a stranger."""

import json
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from django.db.models import Sum
from pytest_django import DjangoDbBlocker

from chain import verify
from chain.ledger import exports
from config import sweeps
from leaderboard import queries
from leaderboard.models import Board
from league import players, seasons
from league.clock import FixedClock
from league.horizons import HOUR as HOUR_S
from league.models import Player, Round, RoundEvent, Season
from league.models.round import Status
from markets.models import Asset, Bar, Observation
from predictions import entry_forms, receipts, submissions
from predictions.models import Commitment, Prediction, Score, Tally
from tests import disk, factories
from tests.factories import NOON

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
LOCKS = 5
SYMBOLS = ("BTC", "ETH")
PEOPLE = 6
END = NOON + LOCKS * HOUR


@pytest.fixture(scope="module")
def season(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[Season]:
    """The season when it is over; every test of this file only looks at it."""
    with (
        django_db_blocker.unblock(),
        disk.database(tmp_path_factory.mktemp("season")),
        factories.market(since=NOON - 120 * HOUR),
    ):
        yield played()


def played() -> Season:
    players.ensure_built_in(now=NOON)
    league = factories.league(symbols=SYMBOLS)
    Asset.objects.exclude(pk__in=SYMBOLS).update(is_active=False)
    season = factories.season(league, ends_at=END)
    factories.humans(PEOPLE)
    for hour in range(-1, LOCKS + 1):
        lock = NOON + hour * HOUR
        sweeps.run(now=lock - SECOND)
        assert not_locked_early(lock - SECOND)
        people_enter(lock - SECOND)
        sweeps.run(now=lock)
    return season


def not_locked_early(now: datetime) -> bool:
    early = Round.objects.filter(locks_at__gt=now).exclude(status__in=["scheduled", "open"])
    return not early.exists()


def people_enter(at: datetime) -> None:
    """The first revises, the last withdraws, the others give a word of each form."""
    everybody = list(Player.objects.filter(kind="human").order_by("pk"))
    for round_ in Round.objects.filter(status=Status.OPEN, locks_at=at + SECOND):
        price = factories.price_of(round_, now=at)
        words = [
            factories.at_return(-20, 2, 30),
            entry_forms.quantiles(price - 2, price, price + 5),
            entry_forms.point(price + 1),
            entry_forms.point(Decimal("-1.5"), basis="return"),
            entry_forms.prob_up(Decimal("0.55")),
            entry_forms.prob_up(Decimal("0.4")),
        ]
        for player, word in zip(everybody, words, strict=True):
            factories.enter(round_, player, word)
        factories.enter(round_, everybody[0], factories.at_return(-10, 1, 12))
        submissions.withdraw(round_id=round_.pk, player=everybody[-1], clock=FixedClock(at))


def test_every_promised_round_was_played_to_its_end(season: Season) -> None:
    promised = seasons.preview(
        rules=season.pinned, starts_at=season.starts_at, ends_at=season.ends_at
    )
    kept = Round.objects.filter(season=season, status=Status.FINAL)
    assert len(promised) == LOCKS * len(SYMBOLS)
    assert {(r.asset_id, r.opens_at, r.locks_at, r.settles_at) for r in kept} == {
        (slot.asset, slot.opens_at, slot.locks_at, slot.settles_at) for slot in promised
    }
    assert Round.objects.count() == len(promised)
    assert set(kept.values_list("finalized_at", flat=True)) <= {
        NOON + (n + 1) * HOUR for n in range(LOCKS)
    }


def test_each_round_went_the_whole_way_with_one_event_a_step(season: Season) -> None:
    for round_ in Round.objects.all():
        events = RoundEvent.objects.filter(round=round_).order_by("version")
        path = list(events.values_list("to_status", flat=True))
        assert path == ["open", "locked", "running", "settled", "final"]
        moments = list(events.values_list("at", flat=True))
        assert moments == sorted(moments)
        assert moments[1] == moments[2] == round_.locks_at
        assert round_.version == 5


def test_everybodys_word_was_taken_before_the_lock_and_is_committed(season: Season) -> None:
    for round_ in Round.objects.all():
        standing = Prediction.objects.filter(round=round_, is_withdrawn=False)
        assert all(word.accepted_at < round_.locks_at for word in standing)
        assert standing.filter(player__kind="human").count() == PEOPLE - 1
        assert set(
            standing.exclude(player__kind="human").values_list("player__handle", flat=True)
        ) == {
            "house-walker",
            "rookie-line",
            "vol-scholar",
            "forest",
            "ensemble",
            "gemini-analyst",
        }
        made = Commitment.objects.get(round=round_)
        assert made.count == standing.count()
        assert made.committed_at == round_.locks_at


def test_prices_are_the_medians_of_the_minutes_before_the_instants(season: Season) -> None:
    for round_ in Round.objects.all():
        for instant, price in (
            (round_.locks_at, round_.reference_price),
            (round_.settles_at, round_.settlement_price),
        ):
            rows = Observation.objects.filter(asset=round_.asset_id, instant=instant)
            values = [row.value for row in rows if row.value is not None]
            assert len(values) == 3
            assert price == median(values)


def test_sigma_is_the_rules_recursion_over_the_stored_closes(season: Season) -> None:
    """Recomputed with a loop from the bars closed at the lock: their medians by hour."""
    for round_ in Round.objects.all():
        by_hour: dict[datetime, list[float]] = {}
        closed = Bar.objects.filter(
            asset=round_.asset_id, interval=HOUR_S, opened_at__lte=round_.locks_at - HOUR
        )
        for opened_at, close in closed.values_list("opened_at", "close"):
            by_hour.setdefault(opened_at, []).append(float(close))
        closes = [median(by_hour[opened_at]) for opened_at in sorted(by_hour)]
        squares = [math.log(b / a) ** 2 for a, b in pairwise(closes)]
        variance = sum(squares[:720]) / len(squares[:720])
        for square in squares:
            variance = 2 ** (-1 / 24) * variance + (1 - 2 ** (-1 / 24)) * square
        assert round_.sigma_bp == pytest.approx(max(5.0, 1e4 * math.sqrt(variance)), rel=1e-12)
        assert (round_.width, round_.is_sigma_borrowed) == (0.85, False)


def test_the_boards_sums_are_the_scores(season: Season) -> None:
    board = Board.objects.get()
    assert (board.rounds, board.locks) == (LOCKS * len(SYMBOLS), LOCKS)
    rows = list(queries.table(board=board))
    assert len(rows) == PEOPLE - 1 + 6 + 1  # the crowd is there, the withdrawn one is not
    for row in rows:
        mine = Score.objects.filter(player=row.player)
        total = mine.aggregate(total=Sum("points_milli"))["total"]
        tally = Tally.objects.get(player=row.player)
        assert (tally.rounds, tally.points_milli) == (mine.count(), total)
        mean = Decimal(total) / (LOCKS * len(SYMBOLS))
        assert row.mean_milli == round(mean)
        assert abs(row.rating_milli - mean * LOCKS / (LOCKS + 100)) <= 1
        assert row.coverage == 1.0
        assert row.is_provisional
    ranked = [row for row in rows if row.rank is not None]
    assert [row.rank for row in ranked] == list(range(1, len(ranked) + 1))
    ratings = [row.rating_milli for row in ranked]
    assert ratings == sorted(ratings, reverse=True)
    house = next(row for row in rows if row.player.handle == "house-walker")
    assert (house.mean_milli, house.low_milli, house.high_milli) == (0, 0, 0)


def test_the_verdict_has_paired_every_lock(season: Season) -> None:
    verdict = Board.objects.get().verdict
    assert (verdict["ai"], verdict["locks"]) == ("ensemble", LOCKS)
    by_lock = [
        sum(
            Score.objects.get(round=r, player__handle="ensemble").points_milli
            - Score.objects.get(round=r, player__handle="crowd").points_milli
            for r in Round.objects.filter(locks_at=NOON + n * HOUR)
        )
        / len(SYMBOLS)
        for n in range(LOCKS)
    ]
    assert verdict["mean_points"] == pytest.approx(sum(by_lock) / LOCKS / 1000, abs=1e-3)


def test_every_receipt_verifies_offline_against_the_exported_ledger(
    season: Season, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger.json"
    ledger.write_text("".join(exports.pieces()))
    last = Round.objects.order_by("pk").last()
    for word in Prediction.objects.filter(round=last, is_withdrawn=False):
        assert_verified(receipts.of(word), ledger)
    for round_ in Round.objects.all():
        assert_verified(receipts.of_round(round_.pk, now=round_.settles_at), ledger)


def assert_verified(document: dict[str, Any], ledger: Path) -> None:
    file = ledger.with_name("document.json")
    file.write_text(json.dumps(document))
    assert verify.main([str(file), "--ledger", str(ledger)]) == verify.VERIFIED


def test_a_finished_season_stays_as_it_is(season: Season) -> None:
    before = [list(model.objects.order_by("pk").values()) for model in (Round, Score, Board)]
    for later in (HOUR, 240 * HOUR):
        sweeps.run(now=END + later, skip={"markets.record_quotes"})
    after = [list(model.objects.order_by("pk").values()) for model in (Round, Score, Board)]
    assert after == before
