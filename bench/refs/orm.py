"""How settling is usually written: rows as objects, and sums in Python."""

from collections import defaultdict
from datetime import datetime
from operator import attrgetter
from typing import Protocol

from django.db import transaction

from leaderboard.models import Board, Standing
from league.models import Round, Season
from predictions.models import Prediction, Score, Tally
from predictions.scoring import derivation

BATCH = 1000


class Scene(Protocol):
    @property
    def season(self) -> Season: ...

    @property
    def now(self) -> datetime: ...


def save_each(scene: Scene, round_: Round) -> None:
    """A score, a tally and a place, one object after the other."""
    with transaction.atomic():
        for word in Prediction.objects.filter(round=round_, is_withdrawn=False):
            score = Score.objects.create(
                round=round_, player_id=word.player_id, seq=0, **_points(word, round_)
            )
            tally = Tally.objects.get(
                season=scene.season, horizon=round_.horizon, player=word.player_id
            )
            tally.rounds += 1
            tally.points_milli += score.points_milli
            tally.save()
        _rank_each(scene, round_)


def _rank_each(scene: Scene, round_: Round) -> None:
    board = Board.objects.get(season=scene.season, horizon=round_.horizon)
    tallies = Tally.objects.filter(season=scene.season, horizon=round_.horizon)
    scored = set(Score.objects.filter(round=round_).values_list("player", flat=True))
    mine = [tally for tally in tallies if tally.player_id in scored]
    for rank, tally in enumerate(sorted(mine, key=attrgetter("points_milli"), reverse=True), 1):
        standing = Standing.objects.get(board=board, player=tally.player_id)
        standing.rank = rank
        standing.rounds, standing.mean_milli = tally.rounds, tally.points_milli // tally.rounds
        standing.save()


def bulk_update(scene: Scene, round_: Round) -> None:
    """The same objects, written a thousand at a time."""
    with transaction.atomic():
        words = list(Prediction.objects.filter(round=round_, is_withdrawn=False))
        scores = {
            word.player_id: Score(
                round=round_, player_id=word.player_id, seq=0, **_points(word, round_)
            )
            for word in words
        }
        Score.objects.bulk_create(scores.values(), batch_size=BATCH)
        tallies = list(
            Tally.objects.filter(
                season=scene.season, horizon=round_.horizon, player__in=list(scores)
            )
        )
        for tally in tallies:
            tally.rounds += 1
            tally.points_milli += scores[tally.player_id].points_milli
        Tally.objects.bulk_update(tallies, ["rounds", "points_milli"], batch_size=BATCH)
        _rank_in_bulk(scene, round_, tallies)


def _rank_in_bulk(scene: Scene, round_: Round, tallies: list[Tally]) -> None:
    board = Board.objects.get(season=scene.season, horizon=round_.horizon)
    keys = [tally.player_id for tally in tallies]
    places = {s.player_id: s for s in Standing.objects.filter(board=board, player__in=keys)}
    order = sorted(tallies, key=attrgetter("points_milli"), reverse=True)
    for rank, tally in enumerate(order, start=1):
        standing = places[tally.player_id]
        standing.rank, standing.rounds = rank, tally.rounds
        standing.mean_milli = tally.points_milli // tally.rounds
    Standing.objects.bulk_update(
        places.values(), ["rank", "rounds", "mean_milli"], batch_size=BATCH
    )


def recompute(scene: Scene, round_: Round) -> None:
    """After each question the whole table again, from every score of the season."""
    with transaction.atomic():
        words = Prediction.objects.filter(round=round_, is_withdrawn=False)
        Score.objects.bulk_create(
            [
                Score(round=round_, player_id=w.player_id, seq=0, **_points(w, round_))
                for w in words
            ],
            batch_size=BATCH,
        )
        sums: dict[int, list[int]] = defaultdict(list)
        for score in Score.objects.filter(
            round__season=scene.season, round__horizon=round_.horizon
        ).iterator():
            sums[score.player_id].append(score.points_milli)
        board = Board.objects.get(season=scene.season, horizon=round_.horizon)
        Standing.objects.filter(board=board).delete()
        order = sorted(sums.items(), key=lambda pair: -sum(pair[1]))
        Standing.objects.bulk_create(
            [_standing(board, rank, sums) for rank, sums in enumerate(order, start=1)],
            batch_size=BATCH,
        )


def _standing(board: Board, rank: int, sums: tuple[int, list[int]]) -> Standing:
    player, points = sums
    return Standing(
        board=board, player_id=player, rounds=len(points), locks=len(points), rank=rank,
        mean_milli=sum(points) // len(points), rating_milli=sum(points) // len(points),
        coverage=1.0, is_provisional=False,
    )  # fmt: skip


def _points(word: Prediction, round_: Round) -> dict[str, int]:
    levels = derivation.resolved(word, round_=round_)
    return {"points_milli": derivation.points_of([levels], round_=round_)[0]}
