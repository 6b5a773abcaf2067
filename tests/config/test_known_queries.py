import pytest
from django.test import Client

from config import known_queries
from tests import urlconf

NAMES = "x" * 500


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        ("rounds", "seasn=demo", "/seasn"),
        ("rounds", "season=demo&limit=1&pg=2", "/pg"),
        ("", "a=1", "/a"),
        ("schema", "mode=x", "/mode"),
        ("time", "limit=1", "/limit"),
        ("players/me", "expand=keys", "/expand"),
        ("rounds", "season__league=x", "/season__league"),
        ("rounds", "%EF%BC%93=1", "/\uff13"),
        ("rounds", "a%2Fb~c=1", "/a~1b~0c"),
        ("rounds", f"{NAMES}=1", "/" + NAMES[: known_queries.LONGEST_NAME]),
        ("rounds", "=1", "/"),
    ],
)
def test_an_unknown_parameter_is_named_not_ignored(
    client: Client, db: None, path: str, query: str, pointer: str
) -> None:
    answer = client.get(f"/api/v1/{path}?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    fault = {"pointer": pointer, "code": "unknown", "detail": "Unknown parameter."}
    assert (answer.json()["code"], answer.json()["errors"]) == ("invalid", [fault])


def test_a_second_value_is_refused_where_one_has_a_meaning(client: Client, db: None) -> None:
    twice = client.get("/api/v1/rounds?limit=1&limit=2")
    assert (twice.status_code, twice.json()["errors"][0]["code"]) == (400, "repeated")
    assert client.get("/api/v1/rounds?status=open&status=void").status_code == 200
    assert client.get("/api/v1/players?kind=bot&kind=ai").status_code == 200


@pytest.mark.parametrize(
    "path", ["rounds?limit=1&format=json", "price?symbol=NOPE", "schema?lang=en", "?format=json"]
)
def test_documented_parameters_reach_the_view(client: Client, db: None, path: str) -> None:
    assert client.get(f"/api/v1/{path}").status_code in {200, 404}


def test_other_methods_and_pages_are_not_judged(client: Client, db: None) -> None:
    assert client.patch("/api/v1/rounds?a=1").status_code == 401
    assert client.get("/leaderboard?utm_source=letter").status_code == 200
    assert client.get("/api/auth/login/?next=/api/v1/").status_code == 200
    assert client.head("/api/v1/rounds?a=1").status_code == 400


def test_every_route_of_the_api_is_judged() -> None:
    templates = {template for template, _ in known_queries.learnt()}
    ours = [route for route in urlconf.routes() if route.startswith("api/v1/")]
    assert len(ours) > 30
    assert {known_queries.template_of(route) for route in ours} == templates
