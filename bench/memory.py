"""How much memory an act of this process needs on top of what it already has."""

import gc
import threading
from collections.abc import Callable
from pathlib import Path

PERIOD_S = 0.005
STATUS = Path("/proc/self/status")


def peak_mb(act: Callable[[], object]) -> float:
    """Megabytes of resident memory above the start, at the worst moment seen."""
    gc.collect()
    start, worst, done = resident_mb(), 0.0, threading.Event()

    def watch() -> None:
        nonlocal worst
        while not done.wait(PERIOD_S):
            worst = max(worst, resident_mb() - start)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        act()
        worst = max(worst, resident_mb() - start)
    finally:
        done.set()
        watcher.join()
    return worst


def resident_mb() -> float:
    for text in STATUS.read_text().splitlines():
        if text.startswith("VmRSS:"):
            return int(text.split()[1]) / 1024
    return 0.0
