"""The API a bot knows, as of an instant of the past, and nothing that came after it."""

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from config import allowance
from league import memories
from markets import bars
from markets.models import Bar
from predictions.models import Commitment, Prediction, Score, TimeRun
from tests.api.world import World, bearer

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ROOT = "/api/v1/time-machine"
LENGTH = 12  # rounds of five minutes, per asset
ENTRY = {"form": "quantiles", "basis": "return", "p10": "-20", "p50": "1", "p90": "25"}


@pytest.fixture
def stored(world: World) -> World:
    """Minutes beside the world's hours."""
    for symbol in ("BTC", "ETH"):
        bars.ingest(
            symbol=symbol, price_mode="simulated", interval=60, start=world.now - 6 * HOUR,
            now=world.now,
        )  # fmt: skip
    return world


class Bot:
    """One key and a base address: the same code for the league and for a run."""

    def __init__(self, key: str, base: str = "/api/v1") -> None:
        self.client, self.access, self.base = Client(), bearer(key), base

    def get(self, path: str = "") -> Any:
        answer = self.client.get(self.base + path, **self.access)
        assert answer.status_code == 200, (path, answer.content)
        return answer.json()

    def send(self, path: str, body: object, *, method: str = "post", **headers: str) -> Any:
        access = {"headers": self.access["headers"] | headers}
        content = json.dumps(body)
        call = getattr(self.client, method)
        return call(self.base + path, content, "application/json", **access)

    def post(self, path: str, body: object) -> Any:
        answer = self.send(path, body)
        assert answer.status_code in {200, 201}, (path, answer.content)
        return answer.json()


def plan(world: World, **changes: Any) -> dict[str, Any]:
    start = world.now.replace(minute=0, second=0, microsecond=0) - 2 * HOUR
    given = {
        "symbols": ["BTC", "ETH"],
        "horizon": "5m",
        "starts_at": start.isoformat(),
        "ends_at": (start + (LENGTH + 1) * 5 * MINUTE).isoformat(),
    }
    return given | changes


def opened(world: World, **changes: Any) -> Bot:
    made = Bot(world.alice_key).post("/time-machine", plan(world, **changes))
    return Bot(world.alice_key, made["base_url"])


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_bot_backtests_itself_by_changing_its_base_address(stored: World) -> None:
    bot, played = opened(stored), 0
    while True:
        for round_ in bot.get("/rounds?status=open&limit=200")["results"]:
            entered = bot.post(f"/rounds/{round_['id']}/prediction", ENTRY)["prediction"]
            played += entered["revision"] == 1
        before = bot.get("/time")["now"]
        if bot.post("/advance", {"to": "next"})["now"] == before:
            break
    told = bot.get()
    summary = told["summary"]
    assert summary["statuses"] == {"final": 2 * LENGTH}
    assert summary["scored"] == played == 2 * LENGTH
    mine = bot.get("/predictions/mine?limit=200")["results"]
    assert sum(Decimal(word["points"]) for word in mine) == Decimal(summary["points"])
    assert summary["mean_points"] == pytest.approx(float(summary["points"]) / played, abs=1e-3)
    assert summary["skill_low"] <= summary["skill_pct"] <= summary["skill_high"]
    assert 0 <= summary["coverage80"] <= 100


def test_what_was_played_there_counts_nowhere(stored: World) -> None:
    kept = [model.objects.count() for model in (Prediction, Score, Commitment)]
    bot = opened(stored)
    round_ = bot.get("/rounds?status=open")["results"][0]
    mine = bot.post(f"/rounds/{round_['id']}/prediction", ENTRY)["prediction"]
    bot.post("/advance", {"seconds": 3600})
    assert bot.get(f"/predictions/{mine['id']}")["points"] is not None
    assert [model.objects.count() for model in (Prediction, Score, Commitment)] == kept
    real = Bot(stored.alice_key)
    assert mine["id"] not in {row["id"] for row in real.get("/predictions/mine")["results"]}
    ids = {row["id"] for row in real.get("/rounds?limit=200")["results"]}
    assert round_["id"] not in ids
    answer = real.send(f"/rounds/{round_['id']}/prediction", ENTRY)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/time", "/price?symbol=ETH", "/assets/ETH/bars", "/rounds", "/predictions/mine"],
)
def test_an_answer_has_the_shape_of_the_league_s_own(stored: World, path: str) -> None:
    bot, real = opened(stored), Bot(stored.alice_key)
    bot.post(f"/rounds/{bot.get('/rounds?status=open')['results'][0]['id']}/prediction", ENTRY)
    mine, theirs = bot.get(path), real.get(path)
    assert mine.keys() == theirs.keys()
    if "results" in mine:
        assert mine["results"][0].keys() == theirs["results"][0].keys()


def test_a_round_and_an_entry_have_the_league_s_shape(stored: World) -> None:
    bot, real = opened(stored), Bot(stored.alice_key)
    round_ = bot.get("/rounds?status=open&asset=eth&horizon=5m&season=time-machine")["results"][0]
    path, other = f"/rounds/{round_['id']}", f"/rounds/{stored.open_round.pk}"
    there, here = bot.get(path), real.get(other)
    assert there.keys() == here.keys()
    assert there["house"].keys() == here["house"].keys()
    mine = bot.post(f"{path}/prediction", ENTRY)
    theirs = real.post(f"{other}/prediction", ENTRY)
    assert mine.keys() == theirs.keys()
    assert mine["prediction"].keys() == theirs["prediction"].keys()
    assert mine["acknowledgement"] is None  # nobody signs for what is committed nowhere
    assert bot.get(f"{path}/prediction") == mine["prediction"]


def test_entering_obeys_the_league_s_rules(stored: World) -> None:
    bot = opened(stored)
    round_ = bot.get("/rounds?status=open")["results"][0]
    path = f"/rounds/{round_['id']}/prediction"
    price = Decimal(bot.get(f"/rounds/{round_['id']}")["house"]["price"])
    dry = bot.post(f"{path}?dry_run=true", {"form": "point", "point": f"{price:.2f}"})
    assert (dry["prediction"], dry["quantiles"]["p50"][:4]) == (None, f"{price:.2f}"[:4])
    far = bot.send(path, {"form": "point", "point": f"{2 * price:.2f}"})
    assert (far.status_code, far.json()["code"]) == (400, "entry_too_far")
    wrong = bot.send(path, {"form": "point", "p10": "1"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid")
    assert bot.client.get(bot.base + path, **bot.access).status_code == 404
    assert bot.send(path, ENTRY).status_code == 201
    again = bot.send(path, {"form": "prob_up", "prob_up": "0.6"}, method="put")
    assert (again.status_code, again.json()["prediction"]["revision"]) == (200, 2)
    assert bot.client.delete(bot.base + path, **bot.access).status_code == 204
    nothing = bot.client.delete(bot.base + path, **bot.access)
    assert nothing.json()["code"] == "nothing_to_withdraw"
    results = bot.post("/advance", {"to": round_["settles_at"]})["results"]
    assert next(one for one in results if one["round"] == round_["id"])["points"] is None
    late = bot.send(path, ENTRY)
    assert (late.status_code, late.json()["code"]) == (409, "round_not_open")


def test_the_clock_only_moves_forward_and_stops_at_the_end(stored: World) -> None:
    bot = opened(stored)
    told = bot.get()
    start = moment(told["now"])
    assert moment(bot.post("/advance", {"seconds": 90})["now"]) == start + timedelta(seconds=90)
    assert moment(bot.post("/advance", {"to": "next"})["now"]) == start + 5 * MINUTE
    back = bot.send("/advance", {"to": start.isoformat()})
    assert (back.status_code, back.json()["code"]) == (409, "conflict")
    assert bot.post("/advance", {"to": "2199-01-01T00:00:00Z"})["now"] == told["ends_at"]
    assert bot.post("/advance", {"to": "next"}) == {"now": told["ends_at"], "results": []}


def test_an_advance_sent_again_is_answered_again(stored: World) -> None:
    bot = opened(stored)
    first, second = (
        bot.send("/advance", {"seconds": 1200}, **{"Idempotency-Key": "one"}) for _ in range(2)
    )
    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert bot.get("/time")["now"] == first.json()["now"]


@pytest.mark.parametrize(
    "body",
    [{}, {"to": "next", "seconds": 5}, {"to": "soon"}, {"seconds": 0}, {"to": "next", "by": 1},
     {"to": "0001-01-01T00:00:00Z"}, {"seconds": 10**12}],
)  # fmt: skip
def test_what_is_no_advance_is_refused(stored: World, body: dict[str, Any]) -> None:
    answer = opened(stored).send("/advance", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    "change",
    [{"symbols": []}, {"symbols": ["ETH", "ETH"]}, {"symbols": ["NONE"]}, {"symbols": "ETH"},
     {"horizon": "2h"}, {"cadence": 90}, {"cadence": 1}, {"more": 1},
     {"starts_at": "2015-01-01T00:00:00Z"}, {"ends_at": "2015-01-01T00:00:00Z"},
     {"ends_at": "2101-01-01T00:00:00Z"}, {"horizon": "7d"}],
)  # fmt: skip
def test_what_cannot_be_played_is_refused(stored: World, change: dict[str, Any]) -> None:
    answer = Bot(stored.alice_key).send("/time-machine", plan(stored, **change))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.content
    assert not TimeRun.objects.exists()


def test_the_ranges_on_offer_can_be_played(stored: World) -> None:
    bot = Bot(stored.alice_key)
    offered = bot.get("/time-machine")["ranges"]
    short = [one for one in offered if one["horizon"] in {"5m", "1h"}]
    assert {one["symbol"] for one in short} == {"BTC", "ETH"}
    for one in short:
        start, end = moment(one["starts_at"]), moment(one["ends_at"])
        for since, until in ((start, start + 3 * HOUR), (end - 3 * HOUR, end)):
            times = {"starts_at": since.isoformat(), "ends_at": until.isoformat()}
            run = opened(stored, symbols=[one["symbol"]], horizon=one["horizon"], **times)
            passed = run.post("/advance", {"seconds": 3 * 3600})["results"]
            assert {result["status"] for result in passed} == {"final"}
            assert len(passed) == run.get()["summary"]["rounds"]
            assert run.client.delete(run.base, **run.access).status_code == 204
    assert bot.get("/time-machine")["runs"] == []


def test_a_player_has_few_runs_of_few_rounds(stored: World, settings: Any) -> None:
    settings.TIME_MACHINE_RUNS, settings.TIME_MACHINE_ROUNDS = 2, 2 * LENGTH
    first, _ = opened(stored), opened(stored)
    bot = Bot(stored.alice_key)
    third = bot.send("/time-machine", plan(stored))
    assert (third.status_code, third.json()["code"]) == (409, "conflict")
    assert first.client.delete(first.base, **first.access).status_code == 204
    assert first.client.get(first.base, **first.access).status_code == 404
    settings.TIME_MACHINE_ROUNDS = 2 * LENGTH - 1
    long = bot.send("/time-machine", plan(stored))
    assert (long.status_code, long.json()["code"]) == (400, "invalid")


def test_a_run_is_nobody_else_s(stored: World) -> None:
    bot = opened(stored)
    round_ = bot.get("/rounds?status=open")["results"][0]["id"]
    word = bot.post(f"/rounds/{round_}/prediction", ENTRY)["prediction"]["id"]
    other = Bot(stored.bob_key, bot.base)
    reads = ["", *ROUTES, f"/rounds/{round_}", f"/rounds/{round_}/prediction",
             f"/predictions/{word}"]  # fmt: skip
    for path in reads:
        assert other.client.get(other.base + path, **other.access).status_code == 404, path
        assert Client().get(bot.base + path).status_code == 401, path
    for path, body in (("/advance", {"to": "next"}), (f"/rounds/{round_}/prediction", ENTRY)):
        assert other.send(path, body).status_code == 404
    assert other.client.delete(bot.base, **other.access).status_code == 404
    assert word.encode() not in Client().get("/api/v1/predictions/mine").content


# -- nothing of the future ----------------------------------------------------------------------
ROUTES = (
    "/time", "/price?symbol=BTC", "/price?symbol=ETH", "/assets/BTC/bars?limit=200",
    "/assets/ETH/bars?limit=200&interval=3600", "/rounds?limit=200", "/rounds?status=final",
    "/predictions/mine?limit=200",
)  # fmt: skip
ACTS = st.lists(
    st.one_of(
        st.just("next"), st.integers(1, 900),
        st.sampled_from([ENTRY, {"form": "prob_up", "prob_up": "0.7"}]),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """As a test's own transaction is."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    block.__enter__()
    try:
        yield
    finally:
        transaction.set_rollback(True)
        block.__exit__(None, None, None)


def act(bot: Bot, what: Any) -> None:
    """Move the clock, or enter the first open rounds; what the answers say is known by then."""
    if isinstance(what, dict):
        for round_ in bot.get("/rounds?status=open")["results"][:2]:
            said = bot.post(f"/rounds/{round_['id']}/prediction", what)
            check_nothing_later(said, moment(bot.get("/time")["now"]))
        return
    passed = bot.post("/advance", {"to": what} if what == "next" else {"seconds": what})
    check_nothing_later(passed, moment(passed["now"]))


def read(bot: Bot) -> dict[str, bytes]:
    """Every answer under the base address."""
    allowance.forget()  # more requests than a minute's
    rounds = bot.get("/rounds?limit=200")["results"]
    words = bot.get("/predictions/mine?limit=200")["results"]
    paths = ["", *ROUTES, *(f"/rounds/{row['id']}" for row in rounds)]
    paths += [f"/rounds/{row['round']}/prediction" for row in words]
    paths += [f"/predictions/{row['id']}" for row in words]
    found = {path: bot.client.get(bot.base + path, **bot.access) for path in paths}
    assert {answer.status_code for answer in found.values()} == {200}
    return {path: answer.content for path, answer in found.items()}


def check_nothing_later(body: Any, now: datetime) -> None:
    """Every stamp of something known is in the past, and no outcome is told before its time."""
    if isinstance(body, list):
        for item in body:
            check_nothing_later(item, now)
    if not isinstance(body, dict):
        return
    for name in ("as_of", "timestamp", "accepted_at", "finalized_at"):
        assert body.get(name) is None or moment(body[name]) <= now, body
    if "opened_at" in body:
        assert moment(body["opened_at"]) + timedelta(seconds=body["interval"]) <= now, body
    if "settles_at" in body:
        if body["reference_price"] is not None:
            assert moment(body["locks_at"]) <= now, body
        if body["settlement_price"] is not None or body["outcome_bp"] is not None:
            assert moment(body["settles_at"]) <= now, body
    for item in body.values():
        check_nothing_later(item, now)


def check_points(answers: dict[str, bytes], now: datetime) -> None:
    rounds = {row["id"]: row for row in json.loads(answers["/rounds?limit=200"])["results"]}
    for word in json.loads(answers["/predictions/mine?limit=200"])["results"]:
        settles_at = moment(rounds[word["round"]]["settles_at"])
        assert (word["points"] is not None) == (settles_at <= now)


def shake_the_future(now: datetime) -> int:
    """Every bar that had not closed gets other prices."""
    changed = 0
    for interval in (60, 3600, 86400):
        later = Bar.objects.filter(
            interval=interval, opened_at__gt=now - timedelta(seconds=interval)
        )
        changed += later.update(
            high=F("high") * 3, close=F("close") * 2, open=F("open") * 2, volume=0
        )
    bars.forget()
    memories.forget()
    return changed


def test_nothing_of_the_future_is_told_nor_changes_a_byte(stored: World) -> None:
    @settings(max_examples=12)
    @given(acts=ACTS)
    def check(acts: list[Any]) -> None:
        with undone():
            allowance.forget()
            bot = opened(stored)
            for what in acts:
                act(bot, what)
            now = moment(bot.get("/time")["now"])
            answers = read(bot)
            for content in answers.values():
                check_nothing_later(json.loads(content), now)
            check_points(answers, now)
            assert shake_the_future(now)
            assert read(bot) == answers

    check()


def test_the_property_would_see_a_leak(stored: World) -> None:
    """What has closed does change the answers: the shaking reaches what they are made of."""
    bot = opened(stored)
    bot.post("/advance", {"seconds": 1800})
    answers = read(bot)
    assert shake_the_future(moment(bot.get("/time")["now"]) - 2 * MINUTE)
    assert read(bot) != answers
