"""How long a hint takes from publish to start, and what the embedded run costs when idle.

Starts `manage.py run` on a fresh demo season in a temporary folder, watches its processes for a
while, then sends messages one by one through its broker to one more worker.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import redis

REPOSITORY = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
WORKER = ["--queues", "bench", "--concurrency", "1", "--without-gossip", "--without-mingle"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long to watch the idle run")
    parser.add_argument("--messages", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="league-bench-") as folder:
        environment = os.environ | {"VAR_DIR": folder, "PORT": "8765", "REDIS_URL": ""}
        environment["PYTHONPATH"] = str(REPOSITORY)
        run = subprocess.Popen(
            [sys.executable, str(REPOSITORY / "manage.py"), "run"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            wait_until_ready(run)
            time.sleep(30)
            print_idle(run.pid, seconds=options.seconds)
            url = broker_url(Path(folder))
            print_latencies(url, environment | {"REDIS_URL": url}, messages=options.messages)
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(timeout=60)


def wait_until_ready(run: "subprocess.Popen[str]") -> None:
    for line in run.stdout or ():
        if "ready  " in line:
            return
    raise SystemExit("the league did not start")


def broker_url(folder: Path) -> str:
    config = (folder / "valkey" / "valkey.conf").read_text(encoding="utf-8")
    found = dict(re.findall(r"^(port|requirepass) (.+)$", config, flags=re.MULTILINE))
    return f"redis://:{found['requirepass']}@127.0.0.1:{found['port']}/0"


def print_idle(root: int, *, seconds: int) -> None:
    before = usage(root)
    time.sleep(seconds)
    after = usage(root)
    print(f"idle, over {seconds} s:            % of one core   resident MB")
    for name in sorted(after):
        cpu = (after[name][0] - before.get(name, (0.0, 0))[0]) / seconds * 100
        print(f"  {name:<28} {cpu:>13.2f} {after[name][1] / 1e6:>13.0f}")
    total_s = sum(after[name][0] - before.get(name, (0.0, 0))[0] for name in after)
    memory = sum(size for _, size in after.values()) / 1e6
    print(f"  {'all':<28} {total_s / seconds * 100:>13.2f} {memory:>13.0f}")


def usage(root: int) -> dict[str, tuple[float, int]]:
    """Processor seconds (children that ended included) and resident bytes by role."""
    rows = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        rows[int(stat.parent.name)] = (int(words[1]), words, command)
    inside = {root}
    while grown := {pid for pid, row in rows.items() if row[0] in inside} - inside:
        inside |= grown
    found: dict[str, tuple[float, int]] = {}
    for pid in inside & set(rows):
        _, words, command = rows[pid]
        seconds = sum(map(int, words[11:15])) / TICKS
        cpu, memory = found.get(role_of(command), (0.0, 0))
        size = int(words[21]) * os.sysconf("SC_PAGE_SIZE")
        found[role_of(command)] = (cpu + seconds, memory + size)
    return found


def role_of(command: str) -> str:
    for mark, role in (
        ("gunicorn", "web"), ("tick@", "tick"), (" worker ", "worker"), (" beat ", "beat"),
        ("valkey", "broker"), ("guardian", "guardian"),
    ):  # fmt: skip
        if mark in command:
            return role
    return "supervisor"


def print_latencies(url: str, environment: dict[str, str], *, messages: int) -> None:
    took_ms = latencies_ms(url, environment, messages=messages)
    cuts = statistics.quantiles(took_ms, n=100)
    print(f"publish to start, {len(took_ms)} messages, one at a time:")
    print(f"  p50 {cuts[49]:.1f} ms   p95 {cuts[94]:.1f} ms   worst {took_ms[-1]:.1f} ms")


def latencies_ms(url: str, environment: dict[str, str], *, messages: int) -> list[float]:
    """How long each of so many messages took from publish to start, sorted."""
    client = redis.Redis.from_url(url)
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "bench.stamp", "worker", *WORKER],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        os.environ.update(environment)
        sys.path.insert(0, str(REPOSITORY))
        send = sender()
        send()
        wait_for(client, 1, within_s=60)
        for number in range(2, messages + 2):
            send()
            wait_for(client, number, within_s=10)
        return sorted(float(word) * 1000 for word in client.lrange("bench:latencies", 1, -1))
    finally:
        worker.terminate()
        worker.wait(timeout=60)


def sender() -> Callable[[], object]:
    from bench.stamp import stamp  # noqa: PLC0415 -- needs the broker's address first

    return lambda: stamp.delay(sent_at=time.time())


def wait_for(client: "redis.Redis", count: int, *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while int(client.llen("bench:latencies")) < count:
        if time.monotonic() > deadline:
            raise SystemExit("the worker did not take the message")
        time.sleep(0.002)


if __name__ == "__main__":
    main()
