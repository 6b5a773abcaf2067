"""What gunicorn is told in Python: one folder in which its processes count together.

Without it each process would answer /metrics with counters of its own, and a scrape of another
process than the last would see them go backwards. Counters of a process that ended stay in the
folder; its live gauges are removed. The folder is this server's alone and ends with it.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
MEMORY: Final = Path("/dev/shm")  # noqa: S108 -- counters belong in memory
IS_OURS: Final = VARIABLE not in os.environ  # else whoever set it keeps and clears it
if IS_OURS:
    os.environ[VARIABLE] = tempfile.mkdtemp(
        prefix="league-metrics-", dir=MEMORY if MEMORY.is_dir() else None
    )

from prometheus_client import multiprocess  # noqa: E402 -- it reads VARIABLE when imported


def child_exit(_server: Any, worker: Any) -> None:
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    if IS_OURS:
        shutil.rmtree(os.environ[VARIABLE], ignore_errors=True)
