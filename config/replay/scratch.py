"""A database of a replay's own: made, migrated, used and thrown away."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections

from markets import bars

# Nothing of it must survive a crash, so it need not reach the disk in time.
PRAGMAS = "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY;"


@contextlib.contextmanager
def database() -> Iterator[None]:
    """Every query of the block goes to a fresh SQLite file; the configured one is untouched."""
    before = connections.settings[DEFAULT_DB_ALIAS]
    with tempfile.TemporaryDirectory(prefix="league-replay-") as folder:
        _switch(_settings(Path(folder) / "replay.sqlite3"))
        try:
            call_command("migrate", verbosity=0, interactive=False)
            yield
        finally:
            _switch(before)
            bars.forget()


def _switch(settings: dict[str, object]) -> None:
    connections[DEFAULT_DB_ALIAS].close()
    del connections[DEFAULT_DB_ALIAS]
    connections.settings[DEFAULT_DB_ALIAS] = settings


def _settings(file: Path) -> dict[str, object]:
    raw: dict[str, dict[str, object]] = {
        DEFAULT_DB_ALIAS: {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(file),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": PRAGMAS},
        }
    }
    configured: dict[str, dict[str, object]] = connections.configure_settings(raw)
    return configured[DEFAULT_DB_ALIAS]
