"""A client that a stranger's tool makes of docs/openapi.yaml makes real calls."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from tests.client.conftest import Served
from tests.services.project import REPOSITORY

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]
NAME = "generated_league"
CONFIG = f"package_name_override: {NAME}\nproject_name_override: {NAME}\npost_hooks: []\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package is; whatever the tool would leave out is a fault of the schema."""
    made = tmp_path_factory.mktemp("generated")
    (made / "config.yaml").write_text(CONFIG)
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "openapi-python-client"), "generate",
            "--path", str(REPOSITORY / "docs" / "openapi.yaml"), "--meta", "none",
            "--output-path", str(made / NAME), "--config", str(made / "config.yaml"),
            "--fail-on-warning",
        ],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.fixture
def generated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(folder))
    return importlib.import_module(NAME)


def ask(operation: str, *arguments: Any, **named: Any) -> Any:
    """The whole answer of one operation, `tag.operation_id`."""
    return importlib.import_module(f"{NAME}.api.{operation}").sync_detailed(*arguments, **named)


def models() -> Any:
    return importlib.import_module(f"{NAME}.models")


def test_a_stranger_reads(served: Served, generated: ModuleType) -> None:
    with generated.Client(served.url, raise_on_unexpected_status=True) as stranger:
        rounds = ask("rounds.round_list", client=stranger, limit=3)
        assert (rounds.status_code, len(rounds.parsed.results)) == (200, 3)
        one = ask("rounds.round_read", UUID(served.open[0]), client=stranger).parsed
        assert (str(one.id), one.status.value, one.reference_price) == (
            served.open[0], "open", None,
        )  # fmt: skip
        assert one.house.p10 < one.house.p90
        horizon = models().LeaderboardHorizon("5m")
        board = ask("leaderboard.leaderboard", client=stranger, horizon=horizon).parsed
        assert {row.kind for row in board.results} >= {"human", "crowd"}
        assert ask("league.time_read", client=stranger).parsed.now.tzinfo is not None


def test_a_key_predicts_and_reads_it_again(served: Served, generated: ModuleType) -> None:
    entry = models().SignedEntryRequest(form=models().FormEnum.PROB_UP, prob_up="0.6")
    round_id, key = UUID(served.open[0]), served.keys["person-4"]
    with generated.AuthenticatedClient(served.url, key, raise_on_unexpected_status=True) as client:
        named = {"client": client, "body": entry}
        tried = ask("predictions.prediction_create", round_id, dry_run=True, **named)
        assert (tried.status_code, tried.parsed.prediction) == (200, None)
        made = ask("predictions.prediction_create", round_id, idempotency_key="g-1", **named)
        again = ask("predictions.prediction_create", round_id, idempotency_key="g-1", **named)
        assert (made.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
        assert again.parsed.prediction.id == made.parsed.prediction.id
        mine = ask("predictions.prediction_mine", client=client).parsed.results
        assert made.parsed.prediction.id in {one.id for one in mine}


def test_a_problem_is_parsed(served: Served, generated: ModuleType) -> None:
    entry = models().SignedEntryRequest(form=models().FormEnum.PROB_UP, prob_up="7")
    round_id = UUID(served.open[0])
    with generated.AuthenticatedClient(served.url, served.keys["person-4"]) as client:
        refused = ask("predictions.prediction_create", round_id, client=client, body=entry)
    with generated.AuthenticatedClient(served.url, "lg_live_no") as client:
        stranger = ask("predictions.prediction_create", round_id, client=client, body=entry)
    assert (refused.status_code, stranger.status_code) == (400, 401)
    assert isinstance(refused.parsed, models().Problem)
    assert refused.parsed.code is models().ProblemCode.INVALID_ENTRY
    assert [fault.pointer for fault in refused.parsed.errors] == ["/prob_up"]
    assert refused.parsed.request_id == refused.headers["X-Request-ID"]
    assert stranger.parsed.code is models().ProblemCode.AUTHENTICATION_FAILED
    assert stranger.parsed.retryable is False
