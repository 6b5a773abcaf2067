import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from chain.models import Sender
from config import metrics
from markets import breaker, traffic
from markets.providers import base
from predictions.models import Spending
from tests import factories
from tests.config.test_health import overdue_round

GOLDEN = Path(__file__).parents[1] / "golden" / "metric_names.json"
# What the runtime and the web framework say of themselves is theirs to name.
OURS = ("league_", "django_http_requests_total_by_method")


def sample(text: str, start: str) -> float:
    return float(next(line for line in text.splitlines() if line.startswith(start)).split()[-1])


def told(text: str) -> dict[str, list[Any]]:
    """Kind and labels of each of our metrics, by name; when one began is no metric of ours."""
    found = {}
    for family in text_string_to_metric_families(text):
        if family.name.startswith(OURS) and not family.name.endswith("_created"):
            labels = {label for one in family.samples for label in one.labels}
            found[family.name] = [family.type, sorted(labels)]
    return found


def test_the_metric_names_are_a_contract(client: Client, db: None) -> None:
    """Dashboards and alerts know them: a changed line here breaks somebody's."""
    client.get("/livez")
    found = told(client.get("/metrics").content.decode())
    names = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert {name: kind for name, (kind, _) in found.items()} == {
        name: kind for name, (kind, _) in names.items()
    }
    # A label shows once there is something to count: what shows is one that was promised.
    assert all(set(labels) <= set(names[name][1]) for name, (_, labels) in found.items())


def test_requests_are_counted_by_route_and_method_and_invented_methods_together(
    client: Client, db: None
) -> None:
    def requests(**labels: str) -> float:
        text = client.get("/metrics").content.decode()
        return sum(
            one.value
            for family in text_string_to_metric_families(text)
            if family.name.startswith("django_http_requests")
            for one in family.samples
            if one.name.endswith("view_method_count") and labels.items() <= one.labels.items()
        )

    before = requests(method="GET", view="livez"), requests(method="<invalid method>")
    client.get("/livez")
    client.get("/livez")
    for number in range(3):
        client.generic(f"INVENTED{number}", "/livez")
    after = requests(method="GET", view="livez"), requests(method="<invalid method>")
    assert after == (before[0] + 2, before[1] + 3)
    assert "INVENTED" not in client.get("/metrics").content.decode()


def test_a_scrape_asks_as_much_however_much_there_is(
    client: Client, django_assert_max_num_queries: Any, db: None
) -> None:
    season = overdue_round().season
    with django_assert_max_num_queries(40) as first:
        client.get("/metrics")
    now = timezone.now()
    for number in range(1, 4):
        factories.opened(factories.round_of(season, locks_at=now - timedelta(minutes=number)))
    with django_assert_max_num_queries(len(first)):
        client.get("/metrics")


def test_what_a_worker_counts_is_scraped_from_the_web(client: Client, db: None) -> None:
    def fail() -> None:
        raise base.ProviderUnavailable("unreachable")

    before = told_of("binance", client)
    assert traffic.timed("binance", lambda: 1, told={}) == 1
    with pytest.raises(base.ProviderUnavailable):
        traffic.timed("binance", fail, told=breaker.TOLD)
    traffic.count("binance", traffic.OK, seconds=2.0)
    after = told_of("binance", client)
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1, 2, 3, 3, 2.0]


def told_of(source: str, client: Client) -> list[float]:
    """Requests answered and not, within 0.3 s, 3 s and at all; and their seconds."""
    text = client.get("/metrics").content.decode()
    requests = "league_provider_requests_total"
    took = "league_provider_seconds"
    return [
        sample(text, f'{requests}{{outcome="ok",source="{source}"}}'),
        sample(text, f'{requests}{{outcome="unavailable",source="{source}"}}'),
        sample(text, f'{took}_bucket{{le="0.3",source="{source}"}}'),
        sample(text, f'{took}_bucket{{le="3.0",source="{source}"}}'),
        sample(text, f'{took}_count{{source="{source}"}}'),
        sample(text, f'{took}_sum{{source="{source}"}}'),
    ]


def test_the_language_models_calls_and_stand_ins_are_counted(client: Client, db: None) -> None:
    before = sample(client.get("/metrics").content.decode(), "league_llm_fallbacks_total ")
    Spending.objects.create(day=date(2026, 3, 1), calls=3, tokens=700, micro_usd=50)
    Spending.objects.create(day=date(2026, 3, 2), calls=2, tokens=300, micro_usd=10)
    traffic.count("gemini", traffic.FALLBACK)
    text = client.get("/metrics").content.decode()
    names = ("calls_total", "tokens", "micro_usd")
    assert [sample(text, f"league_llm_{name} ") for name in names] == [5, 1000, 60]
    assert sample(text, "league_llm_fallbacks_total ") == before + 1


def test_pages_kept_in_memory_are_counted(client: Client, db: None) -> None:
    client.get("/api/v1/leaderboard")
    text = client.get("/metrics").content.decode()
    assert sample(text, 'league_cache_lookups_total{cache="board",outcome="miss"}') >= 1


def test_accounts_that_pay_are_watched(client: Client, db: None) -> None:
    Sender.objects.create(chain_id=1, address="0x" + "1" * 40, next_nonce=0, balance_wei=10**18)
    Sender.objects.create(chain_id=1, address="0x" + "2" * 40, next_nonce=0)
    text = client.get("/metrics").content.decode()
    found = [line for line in text.splitlines() if line.startswith("league_chain_balance_wei{")]
    assert found == [
        'league_chain_balance_wei{address="0x1111111111111111111111111111111111111111"} 1e+18'
    ]


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
