"""Boards are made anew from the tallies, whenever final rounds were added."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from leaderboard import queries, standings
from leaderboard.models import Board, Standing
from league import players, seasons
from league.models import Player, Round, Season
from league.players import Profile
from predictions.models import Score
from predictions.scoring import tallies
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def season() -> Season:
    return factories.season(factories.league(symbols=["BTC", "ETH"], horizons=["1h", "24h"]))


def final(of: Season, *, hour: int, scores: dict[Player, int], **where: str) -> Round:
    """A round made final, with these milli-points."""
    round_ = factories.round_of(of, locks_at=NOON + hour * HOUR, **where)
    Round.objects.filter(pk=round_.pk).update(
        status="final", finalized_at=NOON, reference_price=1, sigma_bp=5.0, width=0.9,
        settlement_price=1, outcome_bp=0.0,
    )  # fmt: skip
    Score.objects.bulk_create(
        Score(round=round_, player=player, seq=n, points_milli=milli)
        for n, (player, milli) in enumerate(scores.items())
    )
    with transaction.atomic():
        others = [key for key in tallies.claim(round_) or () if key != round_.pk]
        tallies.add(round_, finals=others, scored=len(scores))
    return round_


def publish(now: Any = NOON) -> int:
    return standings.publish(now=now)


def rows(of: Season, horizon: str = "1h") -> list[Standing]:
    board = queries.board(season=of.pk, horizon=horizon)
    assert board is not None
    return list(queries.table(board=board))


def test_nothing_final_publishes_nothing() -> None:
    factories.round_of(season(), locks_at=NOON)
    assert publish() == 0
    assert not Board.objects.exists()


def test_a_board_ranks_whoever_scored() -> None:
    of, (ada, bela) = season(), factories.humans(2)
    final(of, hour=0, scores={ada: 1000, bela: 3000})
    final(of, hour=1, scores={ada: 2000})
    assert publish() == 1
    first, second = rows(of)
    assert (first.player, first.rank, first.mean_milli) == (ada, 1, 1500)
    assert (second.player, second.rank, second.mean_milli) == (bela, 2, 1500)
    assert first.rating_milli == second.rating_milli == 29  # 2 / 102 of the mean
    assert (first.coverage, second.coverage) == (1.0, 0.5)
    assert first.is_provisional
    board = Board.objects.get()
    assert (board.rounds, board.locks, board.version, board.published_at) == (2, 2, 1, NOON)


def test_a_board_is_republished_only_for_new_final_rounds() -> None:
    of, (ada,) = season(), factories.humans(1)
    final(of, hour=0, scores={ada: 1000})
    publish()
    assert publish(NOON + HOUR) == 0
    assert Board.objects.get().published_at == NOON
    final(of, hour=1, scores={ada: 1000})
    assert publish(NOON + HOUR) == 1
    board = Board.objects.get()
    assert (board.version, board.published_at, board.rounds) == (2, NOON + HOUR, 2)
    assert Standing.objects.count() == 1


def test_horizons_and_seasons_have_boards_of_their_own() -> None:
    of, (ada,) = season(), factories.humans(1)
    other = factories.season(of.league, slug="spring")
    final(of, hour=0, scores={ada: 1000})
    final(of, hour=0, scores={ada: 2000}, horizon="24h")
    final(other, hour=0, scores={ada: 4000})
    assert publish() == 3
    assert [board.horizon for board in queries.boards(season=of.pk)] == ["1h", "24h"]
    assert rows(of)[0].mean_milli == 1000
    assert rows(of, "24h")[0].mean_milli == 2000
    assert rows(other)[0].mean_milli == 4000
    assert queries.board(season=other.pk, horizon="24h") is None


def test_scores_of_rounds_that_are_not_final_are_left_out() -> None:
    of, (ada,) = season(), factories.humans(1)
    final(of, hour=0, scores={ada: 1000})
    gone = final(of, hour=1, scores={ada: 9000})
    Round.objects.filter(pk=gone.pk).update(status="void", finalized_at=None)
    (row,), _ = standings.derive(of.pk, "1h", sizes=standings.sizes_of(of.pk, "1h"))
    assert (row.mean, row.locks) == (1000, 1)


def test_two_assets_of_one_lock_are_one_lock_and_two_rounds() -> None:
    of, (ada,) = season(), factories.humans(1)
    final(of, hour=0, scores={ada: 1000})
    final(of, hour=0, scores={ada: 3000}, symbol="ETH")
    publish()
    (row,) = rows(of)
    assert (row.locks, row.rounds, row.mean_milli) == (1, 2, 2000)
    assert (row.low_milli, row.high_milli) == (None, None)


def test_house_crowd_and_spare_bots_are_shown_without_a_rank() -> None:
    of, built_in = season(), players.ensure_built_in(now=NOON)
    owner = User.objects.create_user("owner")
    spare = players.register_bot(
        profile=Profile("spare", "Spare"), owner=owner, now=NOON, is_primary=False
    )
    (ada,) = factories.humans(1)
    everybody = {built_in["house-walker"]: 0, built_in["crowd"]: 500, spare: 900, ada: -100}
    final(of, hour=0, scores=everybody | {built_in["vol-scholar"]: 50})
    publish()
    assert [(row.player.handle, row.rank) for row in rows(of)] == [
        ("vol-scholar", 1), ("human-1", 2),
        ("spare", None), ("crowd", None), ("house-walker", None),
    ]  # fmt: skip


def test_a_table_can_show_some_kinds_only_and_keeps_their_places() -> None:
    of, built_in = season(), players.ensure_built_in(now=NOON)
    ada, bela = factories.humans(2)
    final(of, hour=0, scores={ada: 1000, built_in["vol-scholar"]: 2000, bela: 3000})
    publish()
    board = Board.objects.get()
    people = queries.table(board=board, kinds=["human"])
    assert [(row.player, row.rank) for row in people] == [(bela, 1), (ada, 3)]
    assert not queries.table(board=board, kinds=["bot"]).exists()


def test_ties_go_to_the_earlier_registration() -> None:
    of, people = season(), factories.humans(4)
    final(of, hour=0, scores=dict.fromkeys(reversed(people), 700))
    publish()
    assert [row.player for row in rows(of)] == people


def test_rebuilding_a_board_gives_the_identical_table() -> None:
    of, people = season(), factories.humans(3)
    for hour in range(25):
        scores = {
            p: (7919 * (hour + 1) * (p.pk + 3)) % 9000 - 4500 for p in people[: 1 + hour % 3]
        }
        final(of, hour=hour, scores=scores)
    publish()
    columns = [field.name for field in Standing._meta.fields if field.name not in {"id", "board"}]
    before = list(Standing.objects.order_by("rank").values_list(*columns))
    Board.objects.all().delete()
    publish()
    assert list(Standing.objects.order_by("rank").values_list(*columns)) == before
    assert Standing.objects.filter(player=people[0], is_provisional=False).exists()
    assert Standing.objects.filter(player=people[2], is_provisional=True).exists()


# -- the verdict ---------------------------------------------------------------------------------
def test_the_verdict_pairs_the_named_ai_with_the_crowd_by_lock() -> None:
    of, built_in = season(), players.ensure_built_in(now=NOON)
    champion, crowd, rookie = (built_in[h] for h in ("ensemble", "crowd", "rookie-line"))
    for hour in range(8):
        final(of, hour=hour, scores={champion: 2000 + hour, crowd: 500, rookie: 90_000})
    final(of, hour=8, scores={champion: 99_000})  # no crowd: no evidence
    final(of, hour=0, scores={crowd: -99_000}, symbol="ETH")  # no AI on this asset
    publish()
    verdict = Board.objects.get().verdict
    assert (verdict["ai"], verdict["locks"]) == ("ensemble", 8)
    assert verdict["mean_points"] == pytest.approx(1.5035, abs=1e-3)
    assert verdict["decided"] == "ai"


def test_the_ai_side_is_the_one_the_seasons_rules_name() -> None:
    """A season that names none keeps the champion of its time, whoever it is today."""
    of, built_in = season(), players.ensure_built_in(now=NOON)
    assert of.ai_side == of.pinned["ai_side"] == seasons.AI_SIDE
    scholar, crowd, rookie = (built_in[h] for h in ("vol-scholar", "crowd", "rookie-line"))
    for hour in range(6):
        final(of, hour=hour, scores={scholar: 2000, crowd: 500, rookie: 9000 + hour})

    def told(rules: dict[str, Any]) -> tuple[str, float]:
        Season.objects.filter(pk=of.pk).update(rules=rules)
        Board.objects.all().delete()
        publish()
        verdict = Board.objects.get().verdict
        return verdict["ai"], verdict["mean_points"]

    assert told(of.rules | {"ai_side": "rookie-line"}) == ("rookie-line", 8.502)
    before = {name: value for name, value in of.rules.items() if name != "ai_side"}
    assert told(before) == ("vol-scholar", 1.5)


def test_without_a_crowd_the_verdict_says_so() -> None:
    of, (ada,) = season(), factories.humans(1)
    final(of, hour=0, scores={ada: 1000})
    publish()
    verdict = Board.objects.get().verdict
    assert (verdict["decided"], verdict["locks"], verdict["low"]) == ("not_yet", 0, None)


def test_a_board_that_fails_keeps_no_other_from_being_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of, (ada,) = season(), factories.humans(1)
    final(of, hour=0, scores={ada: 1000})
    final(of, hour=0, scores={ada: 1000}, horizon="24h")
    sound = standings.pairs_of

    def pairs_of(season: Any, horizon: str, **side: str) -> Any:
        if horizon == "1h":
            raise ZeroDivisionError("a bug nobody thought of")
        return sound(season, horizon, **side)

    monkeypatch.setattr(standings, "pairs_of", pairs_of)
    assert publish() == 1
    assert list(Board.objects.values_list("horizon", flat=True)) == ["24h"]


def test_rounds_made_final_while_a_board_is_read_wait_for_the_next_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of, (ada,) = season(), factories.humans(1)
    final(of, hour=0, scores={ada: 1000})
    sound = standings.pairs_of

    def pairs_of(season: Any, horizon: str, **side: str) -> Any:
        final(of, hour=1, scores={ada: 1000})
        return sound(season, horizon, **side)

    with monkeypatch.context() as patch:
        patch.setattr(standings, "pairs_of", pairs_of)
        assert publish() == 0
    assert not Board.objects.exists()
    assert publish() == 1
    assert rows(of)[0].rounds == 2


# -- what a publication costs --------------------------------------------------------------------
def test_the_database_adds_up_the_assets_of_a_lock() -> None:
    of, (ada, bela) = season(), factories.humans(2)
    final(of, hour=0, scores={ada: 1000, bela: 500})
    final(of, hour=0, scores={ada: 3000}, symbol="ETH")
    final(of, hour=1, scores={ada: -200})
    first, second = standings.competitors_of(of.pk, "1h")
    assert (first.key, first.points) == (ada.pk, {NOON: (4000, 2), NOON + HOUR: (-200, 1)})
    assert (second.key, second.points) == (bela.pk, {NOON: (500, 1)})


def test_a_big_board_rests_and_then_catches_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standings, "PLAYERS_A_SECOND", 1)
    of, (ada, bela) = season(), factories.humans(2)
    final(of, hour=0, scores={ada: 1000, bela: 500})
    final(of, hour=1, scores={ada: 1000})
    assert publish() == 1
    final(of, hour=2, scores={ada: 1000})
    assert publish() == publish(NOON + timedelta(seconds=1)) == 0
    assert Board.objects.get().rounds == 2
    assert standings.lagging() == [(of.pk, "1h")]
    assert publish(NOON + timedelta(seconds=2)) == 1
    assert Board.objects.get().rounds == 3


def test_virtual_time_does_not_wait_for_a_board_from_the_future(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(standings, "PLAYERS_A_SECOND", 1)
    of, (ada,) = season(), factories.humans(1)
    final(of, hour=0, scores={ada: 1000})
    publish(NOON + HOUR)
    final(of, hour=1, scores={ada: 1000})
    assert publish(NOON) == 1


def test_small_boards_are_immediate() -> None:
    of, (ada,) = season(), factories.humans(1)
    for hour in range(3):
        final(of, hour=hour, scores={ada: 1000})
        assert publish() == 1


def test_a_published_table_is_the_one_the_scores_make() -> None:
    """Interval and all, where locks are of one or two rounds and players miss some."""
    of, people = season(), factories.humans(4)
    chance = random.Random(5)
    for hour in range(24):
        for symbol in ("BTC", "ETH")[: 1 + hour % 2]:
            playing = chance.sample(people, k=chance.randint(1, 4))
            points = {player: chance.randint(-90_000, 90_000) for player in playing}
            final(of, hour=hour, symbol=symbol, scores=points)
    publish()
    made, _ = standings.derive(of.pk, "1h", sizes=standings.sizes_of(of.pk, "1h"))
    assert [row.low is not None for row in made] == [True] * 4
    published = [
        (r.player_id, r.rank, r.rounds, r.locks, r.mean_milli, r.rating_milli, r.low_milli,
         r.high_milli, r.coverage, r.is_provisional)
        for r in rows(of)
    ]  # fmt: skip
    assert published == [
        (r.key, r.rank, r.rounds, r.locks, r.mean, r.rating, r.low, r.high, r.coverage,
         r.is_provisional)
        for r in made
    ]  # fmt: skip
