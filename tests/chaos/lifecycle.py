"""A small league on PostgreSQL that is played, reset and played again: what the stories share."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chain.models import Anchor
from config import invariants, sweeps
from leaderboard import standings
from leaderboard.models import Board, Standing
from league import operations, players
from league.models import Player, Round, RoundEvent
from league.models.round import Status
from markets import bars
from markets.models import Asset, Bar
from markets.providers import base
from predictions.models import Aggregate, Commitment, Prediction, Revision, Score, Tally
from tests import factories
from tests.chaos import engine
from tests.factories import NOON
from tests.services.servers import Postgres

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
SYMBOLS = ("BTC", "ETH")
LOCKS = 3
END = NOON + (LOCKS + 1) * HOUR
PEOPLE = 5  # the least whose median is a crowd
PLAYED = (
    "chain.Anchor", "chain.LedgerEntry", "leaderboard.Standing", "leaderboard.Board",
    "predictions.Score", "predictions.Tally", "predictions.Commitment", "predictions.Revision",
    "predictions.Cost", "predictions.Prediction", "predictions.Settlement", "predictions.Tree",
    "predictions.Aggregate", "predictions.Trial",
    "league.Errand", "league.RoundEvent", "league.Round", "markets.Observation", "markets.Quote",
)  # fmt: skip
ENDED = {Status.FINAL, Status.VOID}


@dataclass
class Venues:
    """How the sources fare: who is silent, and who tells prices far from everybody's."""

    silent: frozenset[str] = frozenset()
    astray: frozenset[str] = frozenset()

    def spoil(self, venue: str, symbol: str, bar: base.BarValue) -> base.BarValue | None:
        if venue in self.silent:
            raise base.ProviderUnavailable("outage")
        if venue in self.astray and bar.opened_at >= NOON:
            prices = {name: getattr(bar, name) * 2 for name in ("open", "high", "low", "close")}
            return base.BarValue(opened_at=bar.opened_at, volume=bar.volume, **prices)
        return bar

    def recover(self) -> None:
        self.silent = self.astray = frozenset()


@dataclass
class World:
    """`reset` makes it new: nothing was played, and no source is in trouble."""

    venues: Venues = field(default_factory=Venues)

    def reset(self) -> None:
        self.venues.recover()
        engine.truncate(*PLAYED)
        Bar.objects.filter(opened_at__gte=NOON).delete()
        bars.forget()


@contextmanager
def world(server: Postgres) -> Iterator[World]:
    """Two assets, hourly rounds at three locks, five people and the built-in players."""
    made = World()
    logging.disable(logging.CRITICAL)
    with (
        engine.database(server),
        factories.market(since=NOON - 100 * HOUR, spoil=made.venues.spoil),
    ):
        players.ensure_built_in(now=NOON)
        league = factories.league(symbols=SYMBOLS)
        Asset.objects.exclude(pk__in=SYMBOLS).update(is_active=False)
        factories.season(league, ends_at=END)
        factories.humans(PEOPLE)
        sweeps.run(now=NOON)
        yield made
    logging.disable(logging.NOTSET)


def people() -> list[Player]:
    return list(Player.objects.filter(kind="human").order_by("pk"))


def violations() -> Counter[str]:
    """By name, of whatever is not as it must be."""
    found = list(invariants.look(since=invariants.EVERYTHING))
    assert all(one.violations is not None for one in found), "a check itself broke"
    return +Counter({one.name: one.violations or 0 for one in found})


def drain(*, since: datetime) -> int:
    """Everything is well again and somebody decides: how many looks until nothing is left."""
    for held in Round.objects.filter(is_operator_held=True):
        operations.release(held, actor="ada", now=since)
    now, looks = max(since, END), 0
    while looks < 30 and not is_drained():
        sweeps.run(now=now)
        now += HOUR
        looks += 1
    return looks


def is_drained() -> bool:
    waiting = Round.objects.exclude(status__in=ENDED).exists()
    return not (waiting or standings.lagging() or Anchor.objects.exclude(status="final").exists())


def table() -> list[tuple[Any, ...]]:
    """Every published row."""
    columns = [
        field.attname
        for field in Standing._meta.get_fields()
        if hasattr(field, "attname") and field.attname not in {"id", "board_id"}
    ]
    rows = Standing.objects.order_by("board__season", "board__horizon", "player")
    return list(rows.values_list("board__season", "board__horizon", *columns))


def republished(*, now: datetime) -> list[tuple[Any, ...]]:
    """The same, made anew from the scores."""
    Board.objects.all().delete()
    standings.publish(now=now)
    return table()


def decided() -> dict[str, list[tuple[Any, ...]]]:
    """What the league decided, without ids, salts and the times of carrying it out."""
    return {
        "rounds": _rows(
            Round, "asset", "locks_at", "status", "version", "reference_price", "sigma_bp",
            "width", "settlement_price", "outcome_bp",
        ),
        "events": _rows(
            RoundEvent, "round__asset", "round__locks_at", "version", "from_status", "to_status"
        ),
        "words": _rows(
            Prediction, "round__asset", "round__locks_at", "player", "form", "p10", "p50", "p90",
            "revision", "is_withdrawn",
        ),
        "earlier words": _rows(Revision, "prediction__player", "revision", "p50"),
        "commitments": _rows(Commitment, "round__asset", "round__locks_at", "count"),
        "aggregates": _rows(
            Aggregate, "round__asset", "round__locks_at", "kind", "count", "low_bp", "middle_bp",
            "high_bp",
        ),
        "scores": _rows(
            Score, "round__asset", "round__locks_at", "player", "seq", "points_milli"
        ),
        "tallies": _rows(Tally, "horizon", "player", "rounds", "points_milli"),
        "standings": _rows(Standing, "player", "rounds", "rank", "rating_milli", "coverage"),
        "anchors": _rows(Anchor, "kind", "status", "count"),
    }  # fmt: skip


def _rows(model: Any, *columns: str) -> list[tuple[Any, ...]]:
    return sorted(model._default_manager.values_list(*columns), key=repr)
