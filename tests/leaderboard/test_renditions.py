"""A public first page is kept as bytes: as the serializer gives them, and for nobody else."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.renderers import JSONRenderer

from leaderboard import queries, renditions
from leaderboard.models import Board, Standing
from leaderboard.serializers import LeaderboardSerializer
from league.models import League
from tests import factories
from tests.factories import NOON

PATH = "/api/v1/leaderboard?horizon=1h&season="


@pytest.fixture
def board(db: None) -> Board:
    return make_board("open")


@pytest.fixture
def _always_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request is held against the database."""
    monkeypatch.setattr(renditions, "FRESH_S", 0.0)


def make_board(slug: str, *, visibility: str = "public", people: int = 3) -> Board:
    league = factories.league(slug=slug, visibility=visibility)
    season = factories.season(league, slug=slug)
    board = Board.objects.create(
        season=season, horizon="1h", rounds=5, locks=4, published_at=NOON, version=7
    )
    for place in range(1, people + 1):
        Standing.objects.create(
            board=board,
            player=factories.human(f"{slug}-{place}"),
            rounds=5,
            locks=4,
            mean_milli=1000 - place,
            rating_milli=900 - place,
            coverage=0.75,
            rank=place if place < people else None,
            is_provisional=False,
        )
    return board


def get(path: str, **headers: str) -> Any:
    return Client(headers=headers).get(path)


def statements(path: str, **headers: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert get(path, **headers).status_code in {200, 304}
    return len(caught)


def test_the_bytes_kept_are_the_serializers_own(board: Board) -> None:
    path = f"{PATH}{board.season.slug}"
    first, again = get(path), get(path)
    whole = {
        "season": board.season.slug,
        "horizon": "1h",
        "is_simulated": board.season.is_simulated,
        "rounds": 5,
        "locks": 4,
        "version": 7,
        "published_at": NOON,
        "next": None,
        "previous": None,
        "results": list(queries.table(board=board)),
    }
    assert first.content == JSONRenderer().render(LeaderboardSerializer(whole).data)
    assert again.content == first.content
    assert "Accept" in again["Vary"]
    for name in ("ETag", "Cache-Control", "Content-Type", "Allow"):
        assert again[name] == first[name]
    assert again["Cache-Control"] == "public, max-age=5"


def test_a_page_in_memory_asks_the_database_nothing(board: Board) -> None:
    path = f"{PATH}{board.season.slug}"
    assert statements(path) > 0
    assert statements(path) == 0
    tag = get(path)["ETag"]
    assert statements(path, if_none_match=tag) == 0
    answer = get(path, if_none_match=tag)
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)


@pytest.mark.usefixtures("_always_asking")
def test_a_new_version_is_a_new_page(board: Board) -> None:
    path = f"{PATH}{board.season.slug}"
    before = get(path)
    Board.objects.update(version=8, rounds=6)
    after = get(path)
    assert after.json()["version"] == 8
    assert after["ETag"] != before["ETag"]


@pytest.mark.usefixtures("_always_asking")
def test_a_version_already_rendered_reads_no_rows_again(board: Board) -> None:
    path = f"{PATH}{board.season.slug}"
    before = statements(path)
    assert 0 < statements(path) < before


@pytest.mark.usefixtures("_always_asking")
def test_a_league_made_private_is_gone(board: Board) -> None:
    path = f"{PATH}{board.season.slug}"
    assert get(path).status_code == 200
    League.objects.update(visibility="private")
    assert get(path).status_code == 404


def test_a_private_page_is_not_kept_for_the_next_caller(db: None) -> None:
    board = make_board("secret", visibility="private")
    path = f"{PATH}{board.season.slug}"
    staff = Client()
    staff.force_login(User.objects.create_user("ref", is_staff=True))
    shown = staff.get(path)
    assert shown.status_code == 200
    assert "public" not in shown.headers.get("Cache-Control", "")
    assert get(path).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "text/html"},
        {"accept": "application/json; indent=4"},
        {"authorization": "Bearer lg_live_nobody_nothing"},
    ],
)
def test_what_else_shapes_an_answer_goes_by_the_long_way(
    board: Board, headers: dict[str, str]
) -> None:
    path = f"{PATH}{board.season.slug}"
    plain = get(path)
    other = get(path, **headers)
    assert other.content != plain.content
    assert get(path).content == plain.content


def test_somebody_signed_in_is_counted_and_served_as_before(board: Board) -> None:
    path = f"{PATH}{board.season.slug}"
    plain = get(path)
    person = Client()
    person.force_login(User.objects.create_user("ada"))
    with CaptureQueriesContext(connection) as caught:
        assert person.get(path).content == plain.content
    assert len(caught) > 0


def test_addresses_are_kept_apart(board: Board) -> None:
    path = f"{PATH}{board.season.slug}"
    whole = get(path).json()["results"]
    short = get(f"{path}&limit=2").json()
    assert short["results"] == whole[:2]
    assert short["next"] == f"http://testserver{path}&limit=2&offset=2".replace(
        "/leaderboard?horizon=1h&season=open&limit=2&offset=2",
        "/leaderboard?horizon=1h&limit=2&offset=2&season=open",
    )
    assert get(f"{path}&kind=bot").json()["results"] == []
    other = Client(SERVER_NAME="localhost").get(f"{path}&limit=2").json()
    assert other["next"].startswith("http://localhost/")
    assert get(path).json()["results"] == whole


def test_memory_is_bounded(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renditions, "MOST", 2)
    path = f"{PATH}{board.season.slug}"
    for limit in (1, 2, 3):
        get(f"{path}&limit={limit}")
    assert statements(f"{path}&limit=3") == 0
    assert statements(f"{path}&limit=1") > 0


def places(body: dict[str, Any]) -> list[str]:
    return [row["player"] for row in body["results"]]


def test_a_players_own_place_is_one_row(board: Board) -> None:
    path = f"{PATH}{board.season.slug}"
    body = get(f"{path}&player=open-2").json()
    assert places(body) == ["open-2"]
    assert body["results"][0]["rank"] == 2
    assert (body["next"], body["previous"]) == (None, None)
    assert places(get(f"{path}&player=open-2&kind=bot").json()) == []
    assert places(get(f"{path}&player=nobody").json()) == []


def test_pages_from_any_place_are_slices_of_the_whole(board: Board) -> None:
    path = f"{PATH}{board.season.slug}"
    whole = places(get(path).json())
    assert len(whole) == 3
    for first in range(4):
        for limit in (1, 2, 3):
            body = get(f"{path}&limit={limit}&offset={first}").json()
            assert places(body) == whole[first : first + limit]
            assert (body["next"] is None) is (first + limit >= 3)
            assert (body["previous"] is None) is (first == 0)
