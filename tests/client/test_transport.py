"""What the client does when it is not simply answered: against a server that follows a script."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from league_client import League, Rejected, Retryable, entries
from league_client.failures import LeagueError, Unreachable
from tests.client import scripted
from tests.client.scripted import Reply, Script, problem

ENTRY = entries.prob_up(0.6)
DONE = Reply(201, {"prediction": {"id": "1"}, "quantiles": {}, "acknowledgement": {}})
BUSY = problem(429, "rate_limited", retryable=True, headers={"Retry-After": "7"})
AWAY = problem(503, "unavailable", retryable=True, headers={"Retry-After": "5"})
IN_FLIGHT = problem(409, "key_in_flight", retryable=True)
SEALED = problem(409, "entries_sealed", retryable=True)
LOST = Reply(200, None)


@contextlib.contextmanager
def against(
    *replies: Reply, key: str = "", patience_s: float = 60.0
) -> Iterator[tuple[Script, League, list[float]]]:
    """A league whose waits are written down instead of waited for."""
    with scripted.serving(*replies) as script:
        league, waits = League(script.url, key, patience_s=patience_s), list[float]()
        league.transport.pause = waits.append
        yield script, league, waits


def test_a_prediction_is_sent_again_under_one_key_until_it_is_answered() -> None:
    with against(LOST, BUSY, AWAY, IN_FLIGHT, DONE) as (script, league, waits):
        assert league.predict("r", ENTRY)["prediction"]["id"] == "1"
    keys = {one.headers["idempotency-key"] for one in script.asked}
    assert len(script.asked) == 5
    assert len(keys) == 1
    assert {(one.method, one.path) for one in script.asked} == {
        ("POST", "/api/v1/rounds/r/prediction")
    }
    assert waits[1:3] == [7.0, 5.0]


def test_every_prediction_has_a_key_of_its_own() -> None:
    with against(DONE) as (script, league, _):
        league.predict("r", ENTRY)
        league.predict("r", ENTRY)
    assert len({one.headers["idempotency-key"] for one in script.asked}) == 2


def test_without_retry_after_waits_double() -> None:
    with against(LOST, LOST, LOST, DONE) as (_, league, waits):
        league.predict("r", ENTRY)
    assert [1 <= wait / 2**n <= 1.25 for n, wait in enumerate(waits)] == [True] * 3


def test_what_has_no_key_is_not_done_twice() -> None:
    """A webhook that was perhaps made is not made again; a refused one is."""
    for lost in (LOST, AWAY):
        with against(lost, DONE) as (script, league, _), pytest.raises(Retryable):
            league.subscribe("https://bot.example.org/", ["round.opened"])
        assert len(script.asked) == 1
        assert "idempotency-key" not in script.asked[0].headers
    with against(BUSY, Reply(201, {"secret": "s"})) as (script, league, _):
        assert league.subscribe("https://bot.example.org/", ["x"])["secret"] == "s"


def test_a_dry_run_may_be_repeated_and_takes_no_key() -> None:
    with against(LOST, Reply(200, {"quantiles": {"p50": "1"}})) as (script, league, _):
        assert league.preview("r", ENTRY) == {"p50": "1"}
    assert [one.path for one in script.asked] == ["/api/v1/rounds/r/prediction?dry_run=true"] * 2
    assert "idempotency-key" not in script.asked[0].headers


def test_patience_ends() -> None:
    with (
        against(BUSY, patience_s=6.0) as (script, league, waits),
        pytest.raises(Retryable) as caught,
    ):
        league.me()
    assert (len(script.asked), waits) == (1, [])
    assert caught.value.problem.retry_after_s == 7.0


def test_what_is_a_matter_of_minutes_is_told_at_once() -> None:
    with against(SEALED) as (script, league, waits), pytest.raises(Retryable) as caught:
        league.receipt("p")
    assert (caught.value.code, len(script.asked), waits) == ("entries_sealed", 1, [])


def test_a_rejection_says_everything() -> None:
    with (
        against(problem(400, "invalid")) as (script, league, _),
        pytest.raises(Rejected) as caught,
    ):
        league.predict("r", ENTRY)
    told = caught.value.problem
    assert (told.status, told.code, told.request_id) == (400, "invalid", "abcdefgh")
    assert [fault["pointer"] for fault in told.errors] == ["/p50"]
    assert "/p50: Needed." in str(caught.value)
    assert "abcdefgh" in str(caught.value)
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(502, "<html>"), Unreachable),
        (Reply(500, "{}"), Unreachable),
        (Reply(200, "<html>"), Unreachable),
        (Reply(200, "[" * 100_000), Unreachable),
        (Reply(429, "slow"), Unreachable),
        (Reply(404, "<html>"), Rejected),
        (Reply(403, "[]"), Rejected),
        (Reply(500, problem(500, "internal_error").body), Rejected),
        (Reply(302, "", {"Location": "http://127.0.0.1:1/"}), Rejected),
    ],
)
def test_what_others_answer_is_told_apart(reply: Reply, kind: type[LeagueError]) -> None:
    with (
        against(reply, patience_s=0.0) as (script, league, _),
        pytest.raises(LeagueError) as caught,
    ):
        league.me()
    assert type(caught.value) is kind
    assert len(script.asked) == 1


def test_nobody_there_is_unreachable() -> None:
    with against(DONE) as (_script, league, _):
        pass
    league.transport.patience_s = 0
    with pytest.raises(Unreachable):
        league.me()


def test_the_last_request_of_a_minute_is_followed_by_a_wait() -> None:
    spent = {"RateLimit": '"ip";r=100;t=2, "key";r=0;t=9'}
    with against(Reply(headers=spent), Reply()) as (_, league, waits):
        league.me()
        told = league.transport.allowance
        assert told is not None
        assert (told.name, told.remaining, told.reset_s) == ("key", 0, 9)
        league.me()
    assert [8 < wait <= 9 for wait in waits] == [True]


def test_a_page_that_has_not_changed_is_not_sent_again() -> None:
    page = {"results": [{"id": "1"}], "next": None, "previous": None}
    replies = Reply(200, page, {"ETag": '"v1"'}), Reply(304, ""), Reply(304, "")
    with against(*replies) as (script, league, _):
        assert [one["id"] for _ in "ab" for one in league.rounds()] == ["1", "1"]
    assert [one.headers.get("if-none-match") for one in script.asked] == [None, '"v1"']


def test_pages_are_followed_at_this_address_only() -> None:
    """A next link names the host that the server believes to be its own."""
    first = {"results": [{"id": "1"}], "next": "http://elsewhere.example/x?cursor=a%3D&limit=2"}
    last = {"results": [{"id": "2"}], "next": None}
    with against(Reply(200, first), Reply(200, last), key="lg_live_k") as (script, league, _):
        assert [row["id"] for row in league.rounds(asset="BTC", status=None)] == ["1", "2"]
    assert [one.path for one in script.asked] == [
        "/api/v1/rounds?asset=BTC",
        "/api/v1/rounds?cursor=a%3D&limit=2",
    ]
    assert {one.headers["authorization"] for one in script.asked} == {"Bearer lg_live_k"}


def test_pages_are_asked_for_as_they_are_read() -> None:
    first = {"results": [{"id": "1"}, {"id": "2"}], "next": "/x?cursor=a"}
    with against(Reply(200, first)) as (script, league, _):
        assert next(league.rounds())["id"] == "1"
    assert len(script.asked) == 1


def test_a_netrc_does_not_replace_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with against(Reply(), key="lg_live_k") as (script, league, _):
        league.me()
    assert script.asked[0].headers["authorization"] == "Bearer lg_live_k"


@pytest.mark.parametrize("tail", ["", "/", "/api/v1", "/api/v1/"])
def test_an_address_may_be_given_with_or_without_the_version(tail: str) -> None:
    with scripted.serving(Reply(200, {"now": "t"})) as script:
        assert League(f"{script.url}{tail}").now() == "t"
    assert script.asked[0].path == "/api/v1/time"


def test_a_league_in_another_place_is_only_another_address() -> None:
    with scripted.serving(Reply(200, {"now": "t"})) as script:
        assert League(f"{script.url}/machine/7").now() == "t"
    assert script.asked[0].path == "/machine/7/api/v1/time"
