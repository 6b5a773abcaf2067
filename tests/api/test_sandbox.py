"""Bots find the sandbox, and nobody else meets it."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from config import installation
from config.showcase import stage
from league import calendar, rounds, sandbox
from league.models import Round, Season
from league.models.round import Status
from markets import bars
from markets.models import Bar
from predictions import predecessor
from tests.api.world import World, bearer

ANYBODY = stage.Asked(None, None, AnonymousUser())

MINUTE = timedelta(minutes=1)
ENTRY = {"form": "quantiles", "basis": "return", "p10": "-20", "p50": "1", "p90": "25"}


@pytest.fixture
def practice(world: World) -> Season:
    """The newest season of all, with open rounds."""
    installation.prepare(now=world.now)
    for symbol in sandbox.ASSETS:
        bars.ingest(
            symbol=symbol, price_mode="simulated", interval=60,
            start=world.now - timedelta(hours=3), now=world.now,
        )  # fmt: skip
    assert sandbox.keep(now=world.now - 10 * MINUTE)
    calendar.schedule(now=world.now - 10 * MINUTE)
    season = Season.objects.get(league__slug=sandbox.SLUG)
    rounds.turn(now=world.now)
    mine = Round.objects.filter(season=season, status=Status.OPEN, locks_at__gt=world.now)
    assert mine.exists()
    return season


def get(path: str, **access: Any) -> Any:
    answer = Client().get(path, **access)
    assert answer.status_code == 200, (path, answer.content)
    return answer.json()


def test_the_root_and_the_seasons_name_it(world: World, practice: Season) -> None:
    there = get("/api/v1/")["sandbox"]
    found = get(there.removeprefix("http://testserver"))["results"]
    assert found
    assert {row["season"] for row in found} == {practice.slug}
    assert all(row["is_simulated"] for row in found)
    season = get("/api/v1/seasons?league=sandbox")["results"][0]
    assert (season["slug"], season["is_sandbox"]) == (practice.slug, True)
    assert get(f"/api/v1/seasons/{world.season.slug}")["is_sandbox"] is False


def test_turned_off_the_root_names_none(settings: Any, world: World) -> None:
    settings.SANDBOX = False
    assert "sandbox" not in get("/api/v1/")


def test_a_bot_can_play_there(world: World, practice: Season) -> None:
    round_ = get("/api/v1/rounds?league=sandbox&status=open")["results"][0]
    path = f"/api/v1/rounds/{round_['id']}/prediction"
    answer = Client().post(path, ENTRY, "application/json", **bearer(world.alice_key))
    assert answer.status_code == 201, answer.content


def test_whoever_does_not_name_it_does_not_meet_it(world: World, practice: Season) -> None:
    """Though it is the newest season there is."""
    seasons = {row["season"] for row in get("/api/v1/rounds?limit=200")["results"]}
    assert seasons == {world.season.slug}
    asked = {row["season"] for row in get(f"/api/v1/rounds?season={practice.slug}")["results"]}
    assert asked == {practice.slug}
    for path in (
        "leaderboard",
        "verdict",
        "players/alice/track-record",
        "players/alice/calibration",
    ):
        assert get(f"/api/v1/{path}")["season"] == world.season.slug, path
        named = f"/api/v1/{path}?season={practice.slug}"
        assert get(named)["season"] == practice.slug
    assert predecessor.next_round(now=world.now).season == world.season
    shown = stage.find(ANYBODY, now=world.now)
    assert shown is not None
    assert shown.season == world.season
    assert practice not in shown.seasons


def test_bars_are_of_the_league_s_own_kind_unless_named(
    settings: Any, world: World, practice: Season
) -> None:
    assert all(row["is_simulated"] for row in get("/api/v1/assets/ETH/bars")["results"])
    one = Bar.objects.filter(asset="ETH").latest("pk")
    one.pk, one.source = None, "kraken"
    one.save()
    settings.PRICE_MODE = "live"
    found = get("/api/v1/assets/ETH/bars")["results"]
    assert [(row["source"], row["is_simulated"]) for row in found] == [("kraken", False)]
    named = get("/api/v1/assets/ETH/bars?price_mode=simulated&limit=200")["results"]
    assert {row["is_simulated"] for row in named} == {True}
    assert get("/api/v1/assets/ETH/bars?source=sim-alpha")["results"]


def test_without_any_other_season_there_is_no_default(world: World, practice: Season) -> None:
    Season.objects.exclude(pk=practice.pk).update(starts_at=world.now + timedelta(hours=1))
    assert Client().get("/api/v1/leaderboard").status_code == 404
    assert stage.find(ANYBODY, now=world.now) is None
    assert Client().get("/").status_code == 200


def test_the_example_says_how_to_practise() -> None:
    example = Path(__file__).parents[2] / "examples" / "bot_quickstart.py"
    assert "sandbox" in example.read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "py_compile", str(example)], check=False, capture_output=True
    )
    assert done.returncode == 0
