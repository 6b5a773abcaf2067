"""Track records and exports over HTTP: who may read them, what they never tell, and their CSV."""

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from leaderboard import tabular
from league.models import League, Player
from predictions.models import Score
from tests.api.world import World

PATHS = [
    "/players/alice/track-record?season=demo",
    "/players/alice/calibration?season=demo",
    "/players/alice/rating-history?season=demo",
    "/versus?players=alice,house-walker&season=demo",
    "/seasons/demo/scores",
]


def get(client: Client, path: str, **headers: str) -> Any:
    return client.get(f"/api/v1{path}", headers=headers)


def with_query(path: str, extra: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{extra}"


def table(answer: Any) -> list[dict[str, str]]:
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


# -- what they say ------------------------------------------------------------------------------
def test_a_track_record_says_what_each_number_is_divided_by(client: Client, world: World) -> None:
    body = get(client, PATHS[0]).json()
    assert (body["player"], body["season"], body["is_simulated"]) == ("alice", "demo", True)
    (line,) = body["horizons"]
    assert (line["horizon"], line["asset"]) == ("1h", None)
    skill = line["skill"]
    assert (skill["season_rounds"], skill["rounds"], skill["points"]) == (1, 1, "0.000")
    assert [(one["asset"], one["rating_part"]) for one in body["assets"]] == [("ETH", "0.000")]
    assert len(body["best"]) == len(body["worst"]) == 1


def test_calibration_counts_the_one_round(client: Client, world: World) -> None:
    (found,) = get(client, PATHS[1]).json()["results"]
    assert (found["horizon"], found["rounds"], found["locks"]) == ("1h", 1, 1)
    assert sum(share["count"] for share in found["bins"]) == 1
    assert [share["expected"] for share in found["bins"]] == [0.1, 0.4, 0.4, 0.1]


def test_who_missed_the_round_has_nothing_but_the_denominator(
    client: Client, world: World
) -> None:
    body = get(client, "/players/bob/track-record?season=demo").json()
    skill = body["horizons"][0]["skill"]
    assert (skill["season_rounds"], skill["rounds"]) == (1, 0)
    assert (skill["mean_points"], skill["mean_points_entered"]) == ("0.000", None)


def test_versus_pairs_what_both_entered(client: Client, world: World) -> None:
    body = get(client, PATHS[3]).json()
    assert [side["player"] for side in body["players"]] == ["alice", "house-walker"]
    assert (body["rounds"], body["decided"], body["lead_points"]) == (1, "not_yet", None)
    alone = get(client, "/versus?players=alice,bob&season=demo").json()
    assert alone["rounds"] == 0


def test_scores_are_paged_to_the_end(client: Client, world: World) -> None:
    seen, path = [], "/seasons/demo/scores?limit=1"
    while path:
        answer = get(client, path)
        body = answer.json()
        seen += [row["player"] for row in body["results"]]
        assert ('rel="next"' in answer.get("Link", "")) is (body["next"] is not None)
        path = (body["next"] or "").removeprefix("http://testserver/api/v1")
    assert sorted(seen) == sorted(Score.objects.values_list("player__handle", flat=True))


# -- CSV ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", PATHS)
def test_csv_is_asked_for_by_format_or_accept(client: Client, world: World, path: str) -> None:
    named = get(client, with_query(path, "format=csv"))
    asked = get(client, path, Accept="text/csv")
    assert named.status_code == asked.status_code == 200
    assert named.content == asked.content
    assert table(named)
    assert named["Content-Disposition"].startswith('attachment; filename="')
    assert named["Content-Disposition"].endswith('.csv"')


def test_csv_has_the_same_numbers(client: Client, world: World) -> None:
    rows = table(get(client, "/players/alice/track-record?season=demo&format=csv"))
    assert [(row["horizon"], row["asset"]) for row in rows] == [("1h", ""), ("1h", "ETH")]
    assert rows[0]["points"] == "0.000"
    shares = table(get(client, "/players/alice/calibration?season=demo&format=csv"))
    assert [row["measure"] for row in shares] == ["level"] * 3 + ["band"] + ["bin"] * 4


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@x", 'a"b,c', "  =1"])
def test_a_name_cannot_become_a_formula(client: Client, world: World, name: str) -> None:
    Player.objects.filter(pk=world.alice.pk).update(name=name)
    shown = name if name[0] == "a" else f"'{name}"
    for path in (PATHS[0], PATHS[1], PATHS[2]):
        assert table(get(client, with_query(path, "format=csv")))[0]["name"] == shown
    rows = table(get(client, "/seasons/demo/scores?format=csv"))
    assert shown in [row["name"] for row in rows]
    assert get(client, PATHS[0]).json()["name"] == name


def test_a_problem_is_a_problem_in_csv_too(client: Client, world: World) -> None:
    answer = get(client, "/players/nobody/calibration?format=csv")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    answer = get(client, "/seasons/demo/scores?format=csv&limit=20001")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/limit")
    assert client.options("/api/v1/seasons/demo/scores?format=csv").status_code == 200


# -- who may read, and what stays hidden ----------------------------------------------------------
@pytest.mark.parametrize("path", PATHS)
def test_a_private_season_is_not_found_but_by_staff(
    client: Client, world: World, path: str
) -> None:
    League.objects.filter(pk=world.season.league_id).update(visibility="private")
    for form in ("json", "csv"):
        assert get(client, with_query(path, f"format={form}")).status_code == 404
    User.objects.filter(pk=world.bobs_account.pk).update(is_staff=True)
    client.force_login(world.bobs_account)
    assert get(client, path).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/players/nobody/track-record", 404),
        ("/players/alice/calibration?season=none", 404),
        ("/players/alice/calibration?horizon=9h", 400),
        ("/players/alice/calibration?anonymous=perhaps", 400),
        ("/players/alice/calibration?asset=%3D1", 400),
        ("/players/alice/rating-history?cursor=x", 400),
        ("/players/alice/rating-history?cursor=9999999999999999", 200),
        ("/players/alice/rating-history?limit=0", 400),
        ("/versus", 400),
        ("/versus?players=alice", 400),
        ("/versus?players=alice,alice", 400),
        ("/versus?players=alice,nobody", 404),
        ("/seasons/none/scores", 404),
        ("/seasons/demo/scores?cursor=x", 400),
        ("/seasons/demo/scores?season=demo", 400),
        ("/seasons/demo/scores?format=xml", 406),
    ],
)
def test_what_is_wrong_is_said(client: Client, world: World, path: str, status: int) -> None:
    assert get(client, path).status_code == status


@pytest.mark.parametrize("path", PATHS)
def test_an_unchanged_read_is_a_304_in_either_form(
    client: Client, world: World, path: str
) -> None:
    tags = set()
    for form in ("json", "csv"):
        first = get(client, with_query(path, f"format={form}"))
        tags.add(first["ETag"])
        again = get(client, with_query(path, f"format={form}"), **{"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert len(tags) == 2


# -- without names --------------------------------------------------------------------------------
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", ["json", "csv"])
def test_an_anonymous_answer_names_nobody(
    client: Client, world: World, path: str, form: str
) -> None:
    query = with_query(path, f"format={form}&anonymous=true")
    answer = get(client, query)
    text = answer.content.decode().replace("&anonymous=true", "")
    assert answer.status_code == 200
    for secret in ("alice", "Alice", "house-walker", "House Walker", "0x5aAeb6"):
        assert secret not in text
        assert secret not in answer.get("Content-Disposition", "")
    assert "anon-" in text


def test_a_pseudonym_is_the_same_in_every_answer(client: Client, world: World) -> None:
    one = get(client, f"{PATHS[0]}&anonymous=true").json()["player"]
    assert get(client, f"{PATHS[1]}&anonymous=true").json()["player"] == one
    rows = get(client, "/seasons/demo/scores?anonymous=true").json()["results"]
    assert one in [row["player"] for row in rows]
    assert {row["name"] for row in rows} == {None}


def test_the_cursor_does_not_tell_who_is_next(client: Client, world: World) -> None:
    body = get(client, "/seasons/demo/scores?anonymous=true&limit=1").json()
    cursor = body["next"].partition("cursor=")[2].partition("&")[0]
    assert cursor.startswith(world.final_round.pk.hex)
    assert cursor.endswith(".1")  # a place within the round, nobody's key


def test_a_csv_page_is_whole_up_to_its_limit(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabular, "MOST_CSV", 1)
    answer = get(client, "/seasons/demo/scores?format=csv")
    assert len(table(answer)) == 1
    assert 'rel="next"' in answer["Link"]
