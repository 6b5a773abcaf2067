import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config import checks, schedule

ROOT = Path(__file__).resolve().parents[2]


def test_the_defaults_have_no_half_set_secret() -> None:
    assert checks.check_half_set_secrets() == []


def test_half_set_credentials_are_errors_that_name_what_is_missing(settings: Any) -> None:
    settings.COINGECKO_KEY_KIND, settings.COINGECKO_API_KEY = "pro", ""
    settings.GEMINI_API_ENDPOINT, settings.GEMINI_API_KEY = "http://127.0.0.1:9", ""
    settings.CHAIN_PRIVATE_KEY = "0x" + "1" * 64
    text = " ".join(str(message.msg) for message in checks.check_half_set_secrets())
    for name in ("COINGECKO_API_KEY", "GEMINI_API_KEY", "CHAIN_"):
        assert name in text
    assert "1" * 64 not in text


def test_a_schedule_row_the_code_forgot_is_reported(db: None) -> None:
    every = IntervalSchedule.objects.create(every=5, period="seconds")
    declared = next(iter(schedule.ENTRIES))
    for name, task in ((declared, declared), ("old sweep", "league.old"), ("mine", "celery.x")):
        PeriodicTask.objects.create(name=name, task=task, interval=every)
    found = checks.check_stale_beat_entries(databases=["default"])
    assert [message.id for message in found] == ["league.W001"]
    assert "league.old" in found[0].msg
    assert checks.check_stale_beat_entries(databases=None) == []


def test_a_production_like_deployment_passes_its_checks(tmp_path: Path) -> None:
    environment = os.environ | {
        "SECRET_KEY": "kQ7" * 20 + "wZ!x",
        "ALLOWED_HOSTS": "league.example.org",
        "VAR_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_price_sources_are_checked_before_they_void_a_round(settings: Any) -> None:
    settings.PRICE_SOURCES = ("binance", "coinbsae", "kraken")
    assert "coinbsae" in " ".join(str(m.msg) for m in checks.check_half_set_secrets())
    settings.PRICE_SOURCES, settings.PRICE_MODE = ("binance", "kraken"), "live"
    assert [m.id for m in checks.check_half_set_secrets()] == ["league.E005"]
