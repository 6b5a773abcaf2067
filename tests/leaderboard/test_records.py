"""What the database adds up is what counting everything by hand gives, season after season."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from leaderboard import records, standings
from leaderboard.models import Standing
from leaderboard.statistics import clustered
from leaderboard.sums import Scope
from league.horizons import TABLE
from league.models import Player, Round, Season
from predictions.models import Prediction, Score
from predictions.scoring import derivation
from tests import factories
from tests.factories import NOON
from tests.leaderboard import record_world
from tests.leaderboard.record_world import HORIZONS, SYMBOLS

pytestmark = pytest.mark.django_db
Scored = list[tuple[Round, int]]


@pytest.fixture(params=range(3))
def played(request: Any, db: None) -> tuple[Season, list[Player]]:
    return record_world.play(request.param)


def finals(season: Season, *, horizon: str, asset: str | None = None) -> list[Round]:
    return [
        one
        for one in Round.objects.filter(season=season, horizon=horizon).order_by("locks_at")
        if one.status == "final" and asset in {None, one.asset_id}
    ]


def scored(player: Player, rounds: list[Round]) -> Scored:
    points = {score.round_id: score.points_milli for score in Score.objects.filter(player=player)}
    return [(one, points[one.pk]) for one in rounds if one.pk in points]


def entered(player: Player, rounds: list[Round]) -> Iterator[tuple[Round, Prediction]]:
    words = {word.round_id: word for word in Prediction.objects.filter(player=player)}
    for one in rounds:
        word = words.get(one.pk)
        if word is not None and not word.is_withdrawn:
            yield one, word


def by_lock(rows: Scored) -> dict[datetime, int]:
    sums: dict[datetime, int] = defaultdict(int)
    for one, milli in rows:
        sums[one.locks_at] += milli
    return sums


@pytest.mark.parametrize("asset", [None, "ETH"])
def test_calibration_counts_what_one_finds_entry_by_entry(
    played: tuple[Season, list[Player]], asset: str | None
) -> None:
    season, players = played
    for player in players:
        scope = Scope(season.pk, None, asset)
        found = records.calibrations(player, season=season, scope=scope)
        assert list(found) == list(HORIZONS)
        for horizon, one in found.items():
            hits, locks = [0, 0, 0], set()
            pairs = list(entered(player, finals(season, horizon=horizon, asset=asset)))
            for round_, word in pairs:
                locks.add(round_.locks_at)
                for place, level in enumerate(derivation.resolved(word, round_=round_)):
                    hits[place] += (round_.outcome_bp or 0) <= level
            assert [share.count for share in one.levels] == hits
            assert (one.rounds, one.locks) == (len(pairs), len(locks))


def test_ratings_are_the_boards(played: tuple[Season, list[Player]]) -> None:
    season, players = played
    standings.publish(now=NOON + 99 * record_world.HOUR)
    for horizon in HORIZONS:
        for player in players:
            row = Standing.objects.get(board__horizon=horizon, player=player)
            found = records.standing(player, season=season, scope=Scope(season.pk, horizon))
            assert (found.rounds, found.locks) == (row.rounds, row.locks)
            assert (found.mean, found.rating) == (row.mean_milli, row.rating_milli)
            assert (found.low, found.high) == (row.low_milli, row.high_milli)


def test_skill_by_asset_is_what_its_rounds_alone_give(
    played: tuple[Season, list[Player]],
) -> None:
    season, players = played
    for player in players:
        found = records.of(player, season=season, scope=Scope(season.pk))
        wholes = {line.horizon: line for line in found.horizons}
        assert [(line.horizon, line.asset) for line in found.assets] == [
            (horizon, asset) for horizon in HORIZONS for asset in SYMBOLS
        ]
        for line in found.assets:
            rounds = finals(season, horizon=line.horizon, asset=line.asset)
            rows, skill = scored(player, rounds), line.skill
            assert (skill.season_rounds, skill.rounds) == (len(rounds), len(rows))
            assert skill.points == sum(milli for _, milli in rows)
            assert skill.mean == round(skill.points / len(rounds))
            if rows:
                assert skill.mean_entered == round(skill.points / len(rows))
        for horizon, line in wholes.items():
            parts = [one.part for one in found.assets if one.horizon == horizon]
            assert abs(sum(parts) - line.skill.rating) <= len(parts)
            rounds = finals(season, horizon=horizon)
            assert line.skill.points == sum(milli for _, milli in scored(player, rounds))


def test_an_assets_interval_is_the_clustered_one(played: tuple[Season, list[Player]]) -> None:
    season, players = played
    player = players[0]
    shrinkage = TABLE["1h"].shrinkage
    for line in records.of(player, season=season, scope=Scope(season.pk, "1h")).assets:
        rounds = finals(season, horizon="1h", asset=line.asset)
        points = dict.fromkeys((one.locks_at for one in rounds), 0) | by_lock(
            scored(player, rounds)
        )
        expected = clustered([float(milli) for milli in points.values()], [1] * len(points))
        shrink = len(points) / (len(points) + shrinkage)
        assert line.skill.low == pytest.approx(shrink * (expected.low or 0), abs=1)
        assert line.skill.high == pytest.approx(shrink * (expected.high or 0), abs=1)


def test_the_best_and_the_worst_locks_are(played: tuple[Season, list[Player]]) -> None:
    season, players = played
    for player in players:
        sums: list[int] = []
        for horizon in HORIZONS:
            sums += by_lock(scored(player, finals(season, horizon=horizon))).values()
        found = records.of(player, season=season, scope=Scope(season.pk))
        assert [one.points for one in found.best] == sorted(sums, reverse=True)[: records.FEW]
        assert [one.points for one in found.worst] == sorted(sums)[: records.FEW]


@pytest.mark.parametrize("asset", [None, "BTC"])
def test_history_is_the_record_as_of_every_lock(
    played: tuple[Season, list[Player]], asset: str | None
) -> None:
    season, players = played
    player, rounds = players[0], finals(season, horizon="1h", asset=asset)
    scope = Scope(season.pk, "1h", asset)
    steps = records.history(player, season=season, scope=scope, after=None, limit=100)
    assert [step.at.lock for step in steps] == sorted({one.locks_at for one in rounds})
    for step in steps:
        before = [one for one in rounds if one.locks_at <= step.at.lock]
        rows = scored(player, before)
        here = [milli for one, milli in rows if one.locks_at == step.at.lock]
        assert (step.at.came, step.at.points) == (len(here), sum(here))
        assert (step.skill.season_rounds, step.skill.rounds) == (len(before), len(rows))
        assert step.skill.points == sum(milli for _, milli in rows)
    assert steps[-1].skill == records.standing(player, season=season, scope=scope)
    for place, step in enumerate(steps):
        rest = records.history(player, season=season, scope=scope, after=step.at.lock, limit=2)
        assert rest == steps[place + 1 : place + 3]


def test_a_duel_is_over_the_rounds_both_entered(played: tuple[Season, list[Player]]) -> None:
    season, players = played
    first, second = players[:2]
    rounds = finals(season, horizon="1h")
    mine, theirs = dict(scored(first, rounds)), dict(scored(second, rounds))
    both = [one for one in mine if one in theirs]
    found = records.duel(first, second, scope=Scope(season.pk, "1h"))
    assert (found.rounds, found.locks) == (len(both), len({one.locks_at for one in both}))
    assert found.first == sum(mine[one] for one in both)
    assert found.second == sum(theirs[one] for one in both)


def test_only_the_latest_settlement_of_a_round_counts(db: None) -> None:
    season, players = record_world.play(4, people=2)
    old = Score.objects.filter(player=players[0], round__horizon="1h").first()
    assert old is not None
    scope = Scope(season.pk, "1h")
    before = records.standing(players[0], season=season, scope=scope)
    Score.objects.create(
        round=old.round, player=players[0], seq=old.seq, settlement_version=2,
        points_milli=old.points_milli + 1000,
    )  # fmt: skip
    after = records.standing(players[0], season=season, scope=scope)
    assert (after.rounds, after.points) == (before.rounds, before.points + 1000)


def test_a_version_changes_with_every_round_made_final(db: None) -> None:
    season, _ = record_world.play(5, people=1)
    before = records.version(season)
    assert records.version(season) == before
    final = Round.objects.filter(season=season, status="final").first()
    assert final is not None
    Round.objects.filter(pk=final.pk).update(finalized_at=NOON + 500 * record_world.HOUR)
    assert records.version(season) != before


def test_before_anything_is_final_everything_is_nothing(db: None) -> None:
    league = factories.league(horizons=["1h"])
    season, player = factories.season(league), factories.human("ada")
    found = records.of(player, season=season, scope=Scope(season.pk))
    assert (found.assets, found.best, found.worst) == ([], [], [])
    assert (found.horizons[0].skill.rating, found.horizons[0].skill.low) == (0, None)
    assert records.calibrations(player, season=season, scope=Scope(season.pk))["1h"].rounds == 0
