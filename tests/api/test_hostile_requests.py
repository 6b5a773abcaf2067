"""What a stranger's script found: each was a 5xx, a stall, or not what had been asked for."""

import io
import json
from time import process_time
from typing import Any

import pytest
from django.test import Client

from config import strict_input, wsgi
from league.models import ApiKey
from league.serializers.players import ProfileSerializer
from predictions import entry_shapes
from predictions.models import Prediction
from tests.api.world import ALICE_WALLET, World, bearer

HUGE = "9" * 25


@pytest.mark.parametrize(
    "number", [f"1e{HUGE}", f"-1e-{HUGE}", f"0e{HUGE}", f"1e{'9' * 1000}", "1e400", "1E-400"]
)
@pytest.mark.parametrize("body", ["%s", '{"form": "point", "point": %s}', '{"extra": [%s]}'])
def test_no_exponent_is_a_server_error(
    client: Client, world: World, body: str, number: str
) -> None:
    path = f"/api/v1/rounds/{world.open_round.pk}/prediction"
    answer = client.post(path, body % number, "application/json", **bearer(world.alice_key))
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("end", ["", '"', "\\", '\\"'])
def test_no_text_takes_the_depth_check_long(end: str) -> None:
    before = process_time()
    strict_input.check_depth('"' + '\\"' * 32_000 + end)
    assert process_time() - before < 2


def test_a_body_in_chunks_is_refused_not_taken_for_none(client: Client, world: World) -> None:
    """Django reads nothing without Content-Length: a key of all scopes came of `["read"]`."""
    before = ApiKey.objects.count()
    access = bearer(world.alice_key)
    access["headers"]["Transfer-Encoding"] = "chunked"
    answer = client.post("/api/v1/keys", {"scopes": ["read"]}, "application/json", **access)
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")
    assert ApiKey.objects.count() == before


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_a_large_body_has_its_own_code(client: Client, db: None, content_type: str) -> None:
    path = {"application/json": "/api/v1/chain/verify"}.get(content_type, "/api/auth/login/")
    answer = client.post(path, "x" * 70_000, content_type)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert "DATA_UPLOAD" not in answer.content.decode()


BOGUS = ["application/json; a*=bogus''%41", "a/b; charset*=bogus''x,'y", "text/html; q*=nope''1"]


@pytest.mark.parametrize("value", BOGUS)
@pytest.mark.parametrize("header", ["CONTENT_TYPE", "HTTP_ACCEPT"])
@pytest.mark.parametrize("path", ["/", "/problems", "/api/v1/assets"])
def test_a_header_in_an_unknown_encoding_is_nobodys_fault(
    db: None, path: str, header: str, value: str
) -> None:
    heard: list[str] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "testserver",
        "SERVER_PORT": "80", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http", header: value,
    }  # fmt: skip

    def start(status: str, *_: object) -> Any:
        heard.append(status)

    list(wsgi.application(environ, start))
    assert heard == ["200 OK"]


@pytest.mark.parametrize("path", ["/api/v1/schema", "/api/v1/docs", "/api/v1/assets"])
@pytest.mark.parametrize(("method", "status"), [("post", 405), ("get", 406)])
def test_a_problem_is_json_whatever_the_view_speaks(
    admin_client: Client, path: str, method: str, status: int
) -> None:
    accept = "application/nonsense" if method == "get" else "*/*"
    answer = getattr(admin_client, method)(path, headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


def test_the_schemas_version_is_not_echoed_into_a_header(client: Client, db: None) -> None:
    answer = client.get("/api/v1/schema?version=%0d%0aX-Injected:1")
    assert answer.status_code == 200
    assert "Injected" not in str(answer.headers)


@pytest.mark.parametrize("cursor", ["!!!!", "[]", "..", "%25", "é", "bz1hYmM=", "cD1hYmM=", "Y"])
def test_a_foreign_cursor_is_refused(client: Client, world: World, cursor: str) -> None:
    """It is never taken for the first page: a bot that pages would go round for ever."""
    answer = client.get(f"/api/v1/rounds?cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=1_0", "limit=%EF%BC%91", "offset=-1"]
)
def test_a_boards_page_is_asked_for_in_plain_numbers(
    client: Client, world: World, query: str
) -> None:
    answer = client.get(f"/api/v1/leaderboard?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_boards_304_names_its_version_and_html_its_reader(client: Client, world: World) -> None:
    path = "/api/v1/leaderboard?season=demo&horizon=1h"
    tag = client.get(path)["ETag"]
    unchanged = client.get(path, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged["ETag"]) == (304, tag)
    page = {"Accept": "text/html"}
    stranger = client.get(path, headers=page)["ETag"]
    client.force_login(world.bobs_account)
    known = client.get(path, headers=page | {"If-None-Match": stranger})
    assert known.status_code == 200
    assert b"Log out" in known.content


@pytest.mark.parametrize("said", ["on", "maybe", "tru", "2", ""])
def test_an_unclear_dry_run_writes_nothing(client: Client, world: World, said: str) -> None:
    path = f"/api/v1/rounds/{world.open_round.pk}/prediction?dry_run={said}"
    entry = {"form": "prob_up", "prob_up": "0.5"}
    answer = client.post(path, entry, "application/json", **bearer(world.alice_key))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/dry_run")
    assert not Prediction.objects.filter(round=world.open_round).exists()


@pytest.mark.parametrize("value", ["1", "-5"])
def test_predict_points_at_its_own_field(client: Client, world: World, value: str) -> None:
    body = {"user_address": ALICE_WALLET, "prediction_value": value}
    answer = client.post("/api/v1/predict", body, "application/json", **bearer(world.alice_key))
    assert answer.status_code == 400
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/prediction_value"]


@pytest.mark.parametrize("name", ["a\nb", "\u202eevil", "\u200b\u200b", "\ufeff", "bell\x07"])
def test_a_name_people_cannot_read_is_refused(name: str) -> None:
    form = ProfileSerializer(data={"handle": "abc", "name": name})
    assert not form.is_valid()
    assert set(form.errors) == {"name"}


@pytest.mark.parametrize("name", ["Ada", "Zoë 李", "می‌خواهم", "👩‍🚀", "O'Neil-Smith (jr.)"])
def test_a_name_people_can_read_is_not(name: str) -> None:
    assert ProfileSerializer(data={"handle": "abc", "name": name}).is_valid()


def test_a_small_json_number_is_a_number() -> None:
    """Python's json writes 0.00000125 as 1.25e-06, and Decimal shows it so, too."""
    body = {"form": "point", "basis": "return", "point": 0.00000125}
    entry = entry_shapes.read(strict_input.parse(json.dumps(body).encode()))
    assert str(entry.p50) == "0.00000125"


def test_logging_out_of_the_browsable_api_needs_no_inline_script(
    client: Client, world: World
) -> None:
    client.force_login(world.bobs_account)
    page = client.get("/api/v1/keys", headers={"Accept": "text/html"}).content.decode()
    assert "onclick" not in page
    assert 'action="/api/auth/logout/"' in page


def test_a_browsers_own_conditions_pass_the_preflight(client: Client, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.org"]
    asked = {
        "Origin": "https://app.example.org",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "if-none-match",
    }
    answer = client.options("/api/v1/leaderboard", headers=asked)
    assert "if-none-match" in answer["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    "address",
    [
        "/admin/league/player/add/?user=abc",
        "/admin/league/season/add/?starts_at=zzz&ends_at=9",
        "/admin/league/league/add/?cadence=zzz",
    ],
)
def test_admin_forms_survive_their_address(admin_client: Client, address: str) -> None:
    assert admin_client.get(address).status_code == 200


@pytest.mark.parametrize("user", ["abc", "9" * 30, "\0", "1.5"])
def test_a_player_of_nobody_is_refused_at_the_field(admin_client: Client, user: str) -> None:
    form = {"handle": "abc", "name": "A", "kind": "human", "user": user}
    answer = admin_client.post("/admin/league/player/add/", form)
    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) == {"user"}


def test_a_cadence_of_thousands_of_digits_is_refused_at_the_field(admin_client: Client) -> None:
    answer = admin_client.post("/admin/league/league/add/", {"cadence": "9" * 5000})
    assert answer.status_code == 200
    assert "cadence" in answer.context["adminform"].form.errors


@pytest.mark.parametrize("model", ["round", "league", "apikey"])
def test_an_action_on_what_is_no_row_is_a_bad_request(
    admin_client: Client, world: World, model: str
) -> None:
    action = {"round": "hold", "league": "delete_selected", "apikey": "revoke"}[model]
    form = {"action": action, "_selected_action": ["garbage"]}
    assert admin_client.post(f"/admin/league/{model}/", form).status_code == 400
