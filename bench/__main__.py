"""Measure the league against its goals: python -m bench [topic ...] [--quick|--full]."""

import argparse
import gc
import importlib
import importlib.util
import os
import random
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from bench import cluster, goals, report
from bench.goals import Line
from bench.harness import Plan
from tests.services.servers import ServerMissing

# In the order they run; the table is in the order of the goals.
TOPICS = (
    "merkle",
    "proofs",
    "reads",
    "messages",
    "ingest",
    "submit",
    "peer",
    "sweeps",
    "settle",
    "forecasts",
)
STEADY = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
SEED = 20_260_101


def main() -> int:
    options = _options()
    if any(os.environ.get(name) != value for name, value in STEADY.items()):
        command = [sys.executable, "-m", "bench", *sys.argv[1:]]
        os.execve(sys.executable, command, os.environ | STEADY)
    began = time.monotonic()
    plan = Plan(is_full=options.full, reps=options.reps, is_smoke=options.smoke)
    is_all = "all" in options.topics
    topics = [name for name in TOPICS if (is_all or name in options.topics) and exists(name)]
    try:
        with cluster.running() as servers:
            found = {
                name: measured(name, plan=plan, on=servers) for name in topics if exists(name)
            }
            machine = report.machine(servers=servers.versions())
    except ServerMissing as missing:
        print(missing, file=sys.stderr)
        found, machine = {}, report.machine()
    if is_all:
        found["elsewhere"] = list(absent(found))
    report.write_json(found, on=machine, to=options.json)
    lines = report.judged(found)
    print(f"{machine}\n\n{report.table(lines)}")
    if options.write:
        abouts = {name: about(name) for name in topics}
        took = f"The run took {(time.monotonic() - began) / 60:.0f} minutes."
        text = report.document(found, abouts=abouts, on=machine, took=took)
        Path(options.write).write_text(text, encoding="utf-8")
    return report.status(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    choices = ("all", *TOPICS)
    parser.add_argument("topics", nargs="*", default="all", metavar="topic", choices=choices)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="under four minutes in all (default)")
    size.add_argument("--full", action="store_true", help="a million rows, and HTTP")
    size.add_argument("--smoke", action="store_true", help="tiny sizes: does everything work?")
    parser.add_argument("--reps", type=int, default=7, help="turns of every duel")
    parser.add_argument("--json", metavar="FILE", type=Path, default=report.OUT)
    parser.add_argument("--write", metavar="FILE", help="write the document, too")
    return parser.parse_args()


def exists(topic: str) -> bool:
    return importlib.util.find_spec(f"bench.{topic}") is not None


def measured(topic: str, *, plan: Plan, on: cluster.Cluster) -> list[Line]:
    """A topic's lines; once more where the control found the machine too noisy."""
    lines = _once(topic, plan=plan, on=on)
    if plan.is_full and any(line.verdict == goals.INVALID for line in lines):
        print(f"{topic}: too noisy, once more", file=sys.stderr)
        lines = _once(topic, plan=plan, on=on)
    return lines


def _once(topic: str, *, plan: Plan, on: cluster.Cluster) -> list[Line]:
    random.seed(SEED)
    began = time.monotonic()
    on.open(topic)
    lines: list[Line] = []
    try:
        for one in importlib.import_module(f"bench.{topic}").run(plan):
            lines.append(one)  # what was measured before a failure is kept
            print(one.goal, one.ratio, one.verdict, file=sys.stderr)
    except (Exception, KeyboardInterrupt):  # noqa: BLE001 -- shown; what it did not reach is told
        traceback.print_exc()
    finally:
        on.close(topic)
        gc.collect()
    print(f"{topic}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return lines


def about(topic: str) -> str:
    """What a topic says of itself: floor, ours, what else was tried."""
    return importlib.import_module(f"bench.{topic}").__doc__ or ""


def absent(found: dict[str, list[Line]]) -> Iterator[Line]:
    """A row for every goal nobody measured, so that none is passed in silence."""
    seen = {line.goal for lines in found.values() for line in lines}
    return (goals.unmeasured(goal) for goal in goals.GOALS if goal not in seen)


if __name__ == "__main__":
    sys.exit(main())
