"""The table people read, the JSON machines read, and the document."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Final

from bench.goals import GOALS, MISSED, TRIED, UNMEASURED, Line

OUT: Final = Path(__file__).parent / "out" / "bench.json"
COLUMNS: Final = ("goal", "what", "floor", "ours", "ratio", "wanted", "verdict")
INTRO: Final = """# Performance

Printed by the bench (`make bench-full`); nothing here was typed. Every goal is judged by a ratio
(or a count, or a duration where it says so) of two things measured in turns in the same run, so
that the absolute numbers of this machine matter little. What the goals, floors and verdicts mean,
and the rules of measurement, are in [bench/README.md](../bench/README.md).
"""


def table(lines: Sequence[Line]) -> str:
    rows = [COLUMNS, *(tuple(getattr(line, name) for name in COLUMNS) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    shown = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True))
             for row in rows]  # fmt: skip
    return "\n".join(text.rstrip() for text in [shown[0], "-" * max(map(len, shown)), *shown[1:]])


def judged(found: Mapping[str, Sequence[Line]]) -> list[Line]:
    """Whatever has a verdict, in the order of the goals."""
    order = list(GOALS)
    lines = [line for lines in found.values() for line in lines if line.verdict != TRIED]
    return sorted(lines, key=lambda line: order.index(line.goal))


def status(lines: Sequence[Line]) -> int:
    """0 met, 1 something missed, 2 something could not be measured."""
    verdicts = {line.verdict for line in lines}
    if UNMEASURED in verdicts:
        return 2
    return int(MISSED in verdicts)


def machine(*, servers: Sequence[str] = ()) -> str:
    """What the numbers were measured on, without its name."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [
        f"{os.cpu_count()} cores ({_processor()})",
        f"{memory_gb:.0f} GB",
        f"Linux {platform.machine()}",
        f"Python {platform.python_version()}",
        *(f"{name} {metadata.version(name)}" for name in ("Django", "Celery", "psycopg")),
        *servers,
    ]
    return ", ".join(parts)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown"


def write_json(found: Mapping[str, Sequence[Line]], *, on: str, to: Path) -> None:
    to.parent.mkdir(exist_ok=True)
    rows = {topic: [asdict(line) for line in lines] for topic, lines in found.items()}
    to.write_text(json.dumps({"machine": on, "topics": rows}, indent=1), encoding="utf-8")


def document(
    found: Mapping[str, Sequence[Line]], *, abouts: Mapping[str, str], on: str, took: str
) -> str:
    """docs/performance.md: the table as printed, then topic by topic what was done."""
    parts = [INTRO, f"Machine: {on}. {took}\n", f"```\n{table(judged(found))}\n```\n"]
    for topic, lines in found.items():
        if topic not in abouts:
            continue
        parts.append(f"## {topic}\n\n{abouts[topic].strip()}\n")
        details = [f"* {line.goal}: {line.detail}." for line in lines if line.detail]
        if details:
            parts.append("\n".join(details) + "\n")
        others = [line for line in lines if line.verdict == TRIED]
        if others:
            parts.append(
                f"Other designs, measured in the same run:\n\n```\n{table(others)}\n```\n"
            )
    return "\n".join(parts)
