from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chain import inspection, verify
from leaderboard import renditions, standings
from leaderboard.models import Board
from tests.api import world as worlds
from tests.api.world import World


def get(client: Client, path: str, **headers: str) -> Any:
    return client.get(f"/api/v1{path}", headers=headers)


def test_an_open_round_shows_the_provisional_house(client: Client, world: World) -> None:
    body = get(client, f"/rounds/{world.open_round.pk}").json()
    assert body["is_house_frozen"] is False
    assert body["reference_price"] is None
    assert float(body["house"]["p10"]) < float(body["house"]["p50"]) < float(body["house"]["p90"])


def test_a_final_round_shows_what_was_frozen(client: Client, world: World) -> None:
    body = get(client, f"/rounds/{world.final_round.pk}").json()
    assert (body["status"], body["is_house_frozen"]) == ("final", True)
    assert body["house"]["price"] == body["reference_price"]
    assert body["settles_at"].endswith("Z")


def test_a_rounds_evidence_and_events_are_public(client: Client, world: World) -> None:
    evidence = get(client, f"/rounds/{world.final_round.pk}/observations").json()
    assert [row["source"] for row in evidence["reference"]] == [
        "sim-alpha", "sim-beta", "sim-gamma",
    ]  # fmt: skip
    assert all(row["is_valid"] for row in evidence["settlement"])
    events = get(client, f"/rounds/{world.final_round.pk}/events").json()["results"]
    assert [event["to_status"] for event in events] == ["locked", "running", "settled", "final"]


def test_scores_appear_with_the_predictions(client: Client, world: World) -> None:
    rows = get(client, f"/rounds/{world.final_round.pk}/predictions").json()["results"]
    points = {row["player"]: row["points"] for row in rows}
    assert points["house-walker"] == "0.000"
    assert points["alice"] == "0.000"  # a point at zero return is the house itself


def test_the_receipt_verifies_offline(client: Client, world: World) -> None:
    receipt = get(client, f"/predictions/{world.scored.pk}/receipt").json()
    assert verify.verdict(inspection.inspect(receipt)) == verify.VERIFIED
    answer = client.post("/api/v1/chain/verify", receipt, "application/json")
    assert answer.json()["verdict"] == "verified"
    whole = get(client, f"/rounds/{world.final_round.pk}/leaves").json()
    assert verify.verdict(inspection.inspect(whole)) == verify.VERIFIED


def test_rounds_filter_by_everything_named(client: Client, world: World) -> None:
    btc = worlds.make_round(world.season, locks_at=world.now + timedelta(minutes=20), asset="BTC")
    when = (world.now - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    query = f"?season=demo&asset=btc&horizon=1h&status=open&status=final&locks_after={when}"
    found = get(client, f"/rounds{query}").json()["results"]
    assert [row["id"] for row in found] == [str(btc.pk)]
    assert get(client, f"/rounds?locks_before={when}&status=open").json()["results"] == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("status=weird", "/status"),
        ("horizon=9h", "/horizon"),
        ("locks_after=yesterday", "/locks_after"),
        ("locks_after=9999-12-31T23:59:59-23:59", "/locks_after"),
        ("locks_before=0001-01-01T00:00:00%2B23:59", "/locks_before"),
        ("season=" + "x" * 500, "/season"),
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("limit=\u0661", "/limit"),
        ("limit=-1", "/limit"),
    ],
)
def test_a_wrong_filter_is_named(client: Client, world: World, query: str, pointer: str) -> None:
    answer = get(client, f"/rounds?{query}")
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "cursor", ["x", "cD1ub3Q=", "cj0xJnA9MTIz", "bz05OTk5OTk5OTk5OTk=", "%ff"]
)
def test_a_foreign_cursor_is_no_server_error(client: Client, world: World, cursor: str) -> None:
    for path in ("/rounds", "/players", "/seasons", "/chain/anchors"):
        assert get(client, f"{path}?cursor={cursor}").status_code in {200, 400, 404}


def test_pages_follow_each_other_without_gap_or_double(client: Client, world: World) -> None:
    seen: list[str] = []
    url: str | None = "/api/v1/players?limit=2"
    while url:
        page = client.get(url)
        seen += [row["handle"] for row in page.json()["results"]]
        url = page.json()["next"]
        assert ('rel="next"' in page.get("Link", "")) is (url is not None)
    assert seen == [
        "house-walker", "rookie-line", "vol-scholar", "forest", "ensemble", "gemini-analyst",
        "crowd", "alice", "bob",
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/rounds", "/leaderboard?season=demo&horizon=1h", "/players"])
def test_an_unchanged_read_is_a_304(client: Client, world: World, path: str) -> None:
    first = get(client, path)
    assert first.status_code == 200
    again = get(client, path, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_new_version_of_a_board_has_a_new_etag(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renditions, "FRESH_S", 0.0)
    path = "/leaderboard?season=demo&horizon=1h"
    before = get(client, path)["ETag"]
    Board.objects.update(rounds=0)
    standings.publish(now=world.now)
    assert get(client, path, **{"If-None-Match": before}).status_code == 200


def test_the_board_filters_by_kind_and_pages(client: Client, world: World) -> None:
    body = get(client, "/leaderboard?season=demo&horizon=1h&kind=human").json()
    assert {row["kind"] for row in body["results"]} == {"human"}
    body = get(client, "/leaderboard?season=demo&horizon=1h&limit=1").json()
    assert len(body["results"]) == 1
    assert get(client, "/leaderboard?kind=robot").status_code == 400
    assert get(client, "/leaderboard?season=none").status_code == 404
    assert get(client, "/leaderboard?season=demo&horizon=7d").json()["results"] == []


def test_the_verdict_is_told(client: Client, world: World) -> None:
    body = get(client, "/verdict?season=demo&horizon=1h").json()
    assert body["verdict"]["decided"] == "not_yet"


def test_the_rest_of_the_catalogue_answers(client: Client, world: World) -> None:
    assert get(client, "/seasons/demo").json()["rules"]["assets"] == ["BTC", "ETH"]
    assert get(client, "/leagues/demo").json()["horizons"] == ["1h"]
    assert get(client, "/players/alice").json()["kind"] == "human"
    assert get(client, "/players/nobody").status_code == 404
    assert get(client, "/time").json()["now"].endswith("Z")
    assert get(client, "/forecasters").json()[0]["handle"] == "house-walker"
    assert get(client, "/").json()["rounds"].endswith("/api/v1/rounds")


def test_people_with_a_browser_get_pages(client: Client, world: World) -> None:
    for path in ("/api/v1/", "/api/v1/rounds", f"/api/v1/rounds/{world.open_round.pk}/prediction"):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer["Content-Type"].startswith("text/html"), path
        assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert b"Log in" in client.get("/api/v1/", headers={"Accept": "text/html"}).content
    assert client.get("/api/auth/login/").status_code == 200


def test_swagger_is_served_without_inline_script_or_foreign_host(client: Client, db: None) -> None:
    page = client.get("/api/v1/docs")
    text = page.content.decode()
    assert "https://" not in text
    assert "<style" not in text
    script = client.get("/api/v1/docs?script=")
    assert script["Content-Type"].startswith("application/javascript")
