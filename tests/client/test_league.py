"""The client's methods and commands against a real server."""

import json
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from league_client import League, Rejected, Retryable, command, entries
from tests.client.conftest import Served

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]
ENTRY = entries.quantiles(-30, 0, 30, basis="return")
Say = pytest.CaptureFixture[str]


def run(served: Served, *arguments: str, handle: str = "person-0") -> int:
    return command.main(["--url", served.url, "--key", served.keys.get(handle, ""), *arguments])


def test_a_prediction_is_tried_made_revised_and_withdrawn(served: Served) -> None:
    league, round_id = served.league("person-1"), served.open[0]
    meant = league.preview(round_id, ENTRY)
    assert float(meant["p10"]) < float(meant["p50"]) < float(meant["p90"])
    first = league.predict(round_id, ENTRY)
    again = league.predict(round_id, entries.prob_up(0.6))
    assert (first["prediction"]["revision"], again["prediction"]["revision"]) == (1, 2)
    assert first["acknowledgement"]["operator"] == league.ledger_info()["acknowledgement_operator"]
    assert league.prediction(first["prediction"]["id"])["form"] == "prob_up"
    league.withdraw(round_id)
    assert league.prediction(first["prediction"]["id"])["is_withdrawn"] is True


def test_many_are_predicted_at_once_or_none(served: Served) -> None:
    league = served.league("person-2")
    items = [entries.for_round(round_id, ENTRY) for round_id in served.open]
    assert len(league.preview_all(items)) == len(items)
    assert [one["prediction"]["round"] for one in league.predict_all(items)["items"]] == (
        served.open
    )
    wrong = [*items[:1], entries.for_round(served.open[1], entries.prob_up(5))]
    with pytest.raises(Rejected) as caught:
        league.predict_all(wrong)
    assert caught.value.code == "invalid_entry"
    assert [fault["pointer"] for fault in caught.value.problem.errors] == ["/items/1/prob_up"]


def test_a_run_of_the_time_machine_is_another_address(served: Served) -> None:
    league = served.league("person-1")
    offer = league.ask("GET", "/time-machine")["ranges"][0]
    starts_at = datetime.fromisoformat(offer["starts_at"])
    plan = {
        "symbols": [offer["symbol"]], "horizon": offer["horizon"],
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=3)).isoformat(),
    }  # fmt: skip
    run = league.ask("POST", "/time-machine", plan)
    bot = League(served.url + run["base_url"], served.keys["person-1"])
    while (now := bot.now()) < run["ends_at"]:
        for round_ in bot.open_rounds():
            assert bot.preview(round_["id"], ENTRY)
            bot.predict(round_["id"], ENTRY)
        if bot.ask("POST", "/advance", {"to": "next"})["now"] == now:
            break
    scored = [one for one in bot.predictions() if one["points"] is not None]
    assert scored
    league.ask("DELETE", run["base_url"].removeprefix("/api/v1"))


def test_lists_are_paged_through(served: Served) -> None:
    rounds = [one["id"] for one in served.league().rounds(limit=4)]
    assert sorted(rounds) == sorted(served.open + served.past)
    assert [one["id"] for one in served.league().open_rounds()] == sorted(
        served.open, reverse=True
    )
    assert {one["player"] for one in served.league().leaderboard(horizon="5m", limit=2)} >= {
        "person-0", "person-4", "crowd",
    }  # fmt: skip


def test_a_round_shows_the_house(served: Served) -> None:
    found = served.league().round(served.open[0])
    assert found["house"] is not None
    assert float(found["house"]["p10"]) < float(found["house"]["price"])


def scored(league: League) -> str:
    return next(one["id"] for one in league.predictions() if one["points"] is not None)


def test_a_receipt_is_verified_here(served: Served) -> None:
    league = served.league("person-0")
    checked = league.check(scored(league))
    assert checked.verdict == "verified", checked.steps
    checked.receipt["prediction"]["entry"] = {}
    assert checked.receipt["round"]["round_key"]


def test_a_bot_signs_up_makes_keys_and_is_told(served: Served) -> None:
    made = served.league().register("nina-bot", scopes=["read", "predict", "webhook"])
    league = League(served.url, made["api_key"])
    assert (league.me()["kind"], league.me()["handle"]) == ("bot", "nina-bot")
    lesser = league.issue_key(label="reader", scopes=["read"])
    assert [key["label"] for key in league.api_keys()] == ["reader", "registration"]
    league.revoke_key(lesser["prefix"])
    with pytest.raises(Rejected) as caught:
        League(served.url, lesser["secret"]).me()
    assert caught.value.problem.status == 401
    hook = league.subscribe("http://127.0.0.1:9009/", ["round.opened"], about="nina")
    assert hook["secret"].startswith("whsec_")
    assert [one["description"] for one in league.webhooks()] == ["nina"]
    league.unsubscribe(hook["id"])
    assert not [*league.webhooks()]


def test_the_receipt_of_an_open_round_comes_later(served: Served) -> None:
    league = served.league("person-3")
    made = league.predict(served.open[0], ENTRY)["prediction"]
    with pytest.raises(Retryable) as caught:
        league.receipt(made["id"])
    assert caught.value.code == "not_committed"


# -- the command line -----------------------------------------------------------------------------
def test_rounds_and_board_are_tables_for_people_and_json_for_programs(
    served: Served, capsys: Say
) -> None:
    assert run(served, "rounds", "--asset", "BTC") == 0
    title, row = capsys.readouterr().out.splitlines()
    assert title.split() == ["id", "asset", "horizon", "status", "locks_at", "settles_at"]
    assert row.split()[:4] == [row.split()[0], "BTC", "5m", "open"]
    assert run(served, "rounds", "--status", "final", "--json", "--most", "2") == 0
    assert [one["status"] for one in json.loads(capsys.readouterr().out)] == ["final"] * 2
    assert run(served, "leaderboard", "--horizon", "5m", "--player", "person-0") == 0
    assert capsys.readouterr().out.splitlines()[1].split()[1] == "person-0"


def test_predicting_from_a_terminal(served: Served, capsys: Say, tmp_path: Path) -> None:
    levels = ["--basis", "return", "--p10=-45", "--p50", "1", "--p90", "45"]
    assert run(served, "predict", served.open[1], *levels, "--dry-run") == 0
    assert set(json.loads(capsys.readouterr().out)) == {"p10", "p50", "p90"}
    assert run(served, "predict", served.open[1], "--prob-up", "0.6") == 0
    made = json.loads(capsys.readouterr().out)["prediction"]
    assert (made["form"], made["player"]) == ("prob_up", "person-0")
    file = tmp_path / "items.json"
    file.write_text(json.dumps([entries.for_round(served.open[2], ENTRY)]))
    assert run(served, "predict", "--file", str(file)) == 0
    assert len(json.loads(capsys.readouterr().out)["items"]) == 1
    assert run(served, "me") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["player"]["handle"] == "person-0"
    assert {made["round"], served.open[2]} <= {one["round"] for one in told["predictions"]}


def test_verifying_from_a_terminal(served: Served, capsys: Say, tmp_path: Path) -> None:
    league, saved, ledger = served.league("person-0"), tmp_path / "r.json", tmp_path / "l.json"
    assert run(served, "verify", scored(league), "--save", str(saved)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "VERIFIED"
    ledger.write_text(json.dumps(league.ledger()))
    offline = ["--url", "http://127.0.0.1:9", "verify", str(saved), "--ledger", str(ledger)]
    assert command.main(offline) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "VERIFIED"
    forged: dict[str, Any] = json.loads(saved.read_text())
    forged["result"]["price"] = "1.00000000"
    saved.write_text(json.dumps(forged))
    assert command.main(offline) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "FAILED"


def test_refusals_are_told_and_have_a_status(served: Served, capsys: Say) -> None:
    assert run(served, "register", "person-0") == 1
    assert "409 handle_taken" in capsys.readouterr().err
    assert run(served, "me", handle="nobody") == 1
    assert "401 not_authenticated" in capsys.readouterr().err
    assert run(served, "predict", str(uuid.uuid4()), "--prob-up", "0.6") == 1
    assert "404 not_found" in capsys.readouterr().err
    assert command.main(["--url", "http://127.0.0.1:9", "--patience", "0", "me"]) == 75
    assert "unreachable" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["predict"],
        ["predict", "r"],
        ["predict", "r", "--p10", "1"],
        ["predict", "r", "--p10", "1", "--p50", "2", "--p90", "3", "--point", "1"],
        ["predict", "r", "--point", "6l200"],
        ["predict", "r", "--file", "x", "--point", "1"],
        ["verify", "r", "--rpc", "http://127.0.0.1:9"],
        ["nothing"],
        [],
    ],
)
def test_what_is_no_command_says_so(words: list[str], capsys: Say) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(words)
    assert caught.value.code == 2
    assert "usage: league" in capsys.readouterr().err
