import pytest
from django.db import OperationalError
from django.test import Client

from config import metrics
from tests.config.test_health import overdue_round

NAMES = (
    "league_rounds",
    "league_predictions",
    "league_lock_lag_seconds",
    "league_settlement_lag_seconds",
    "league_anchor_wishes",
    "league_anchor_wish_age_seconds",
    "league_chain_transactions",
    "league_chain_halted_senders",
    "league_outbox_depth",
    "league_outbox_age_seconds",
    "league_webhooks_failing",
    "league_obligations",
    "league_obligation_age_seconds",
    "league_rate_limit_unshared_total",
    "django_http_requests_total_by_method_total",
)


def sample(text: str, start: str) -> float:
    return float(next(line for line in text.splitlines() if line.startswith(start)).split()[-1])


def test_the_metric_names_are_a_contract(client: Client, db: None) -> None:
    client.get("/livez")
    text = client.get("/metrics").content.decode()
    for name in NAMES:
        assert f"\n{name}" in text, name


def test_gauges_come_from_the_database_at_scrape(client: Client, db: None) -> None:
    before = client.get("/metrics").content.decode()
    assert sample(before, 'league_rounds{status="open"}') == 0
    overdue_round()
    after = client.get("/metrics").content.decode()
    assert sample(after, 'league_rounds{status="open"}') == 1
    assert 3600 <= sample(after, "league_lock_lag_seconds ") < 3700
    assert sample(after, 'league_rounds{status="held"}') == 0


def test_without_database_the_processes_own_counters_remain(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(metrics, "rounds_by_status", refuse)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert b"league_rate_limit_unshared_total" in answer.content
    assert b"league_rounds{" not in answer.content
