"""Boards of any size, made by the server, each size in a schema (tables, indexes) of its own."""

import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from leaderboard.models import Board
from league import seasons
from league.models import League
from markets import assets
from markets.models import Asset
from markets.modes import PriceMode

TABLES: Final = ("league_player", "leaderboard_board", "leaderboard_standing")
PLAYERS: Final = """
    INSERT INTO league_player
        (id, handle, name, kind, is_primary, is_active, is_demo, registered_at)
    SELECT n, 'player-' || n, 'Player ' || n, 'human', true, true, true, now()
    FROM generate_series(1, {size}) AS n
"""
# Ranks are not in the order of the players, as anywhere.
STANDINGS: Final = """
    INSERT INTO leaderboard_standing (id, board_id, player_id, rounds, locks, mean_milli,
        rating_milli, low_milli, high_milli, coverage, rank, is_provisional)
    SELECT n, {board}, n, 40, 30, 900000 - place, 800000 - place, 790000 - place,
        810000 - place, 0.5, place, false
    FROM (
        SELECT n, row_number() OVER (ORDER BY md5(n::text)) AS place
        FROM generate_series(1, {size}) AS n
    ) AS numbered
    ORDER BY n
"""


def season() -> Board:
    """A public season's board, without rows yet."""
    assets.ensure_defaults()
    now = timezone.now()
    league = League.objects.create(slug="bench", name="Bench", horizons=["1h"])
    league.assets.set(Asset.objects.filter(pk="ETH"))
    days = timedelta(days=10)
    plan = seasons.Plan("bench", "Bench", PriceMode.SIMULATED, now - days, now + days)
    made = seasons.create(league=league, plan=plan)
    return Board.objects.create(season=made, horizon="1h", rounds=40, locks=30, published_at=now)


def fill(board: Board, *, size: int, schema: str = "public") -> None:
    """`size` ranked humans on the board, in the schema's tables, which it leaves analyzed."""
    with connection.cursor() as cursor:
        if schema != "public":
            cursor.execute(f"CREATE SCHEMA {schema}")
            for name in TABLES:
                source = f"public.{name} INCLUDING ALL"
                cursor.execute(f"CREATE TABLE {schema}.{name} (LIKE {source})")
        look_at(schema)
        cursor.execute(PLAYERS.format(size=size))
        cursor.execute(STANDINGS.format(size=size, board=board.pk))
        cursor.execute("VACUUM ANALYZE league_player")
        cursor.execute("VACUUM ANALYZE leaderboard_standing")
        cursor.execute("CHECKPOINT")
    look_at("public")


def look_at(schema: str) -> None:
    """Whose tables the statements to come mean."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path TO {schema}, public")


def p50_ms(act: Callable[[int], object], *, size: int, calls: int) -> float:
    """The median time of one call with a number from 1 to `size`."""
    took = []
    for _ in range(calls):
        number = random.randint(1, size)
        began = time.perf_counter()
        act(number)
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000
