"""The supervisor with real processes: small shell and Python programs instead of the league's."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import guardian, supervisor
from config.supervisor import Role, Supervisor

SLEEPER = (sys.executable, "-S", "-c", "import time; time.sleep(60)")
STUBBORN = ("sh", "-c", "trap '' TERM; echo up; sleep 60")
PARENT = ("sh", "-c", 'sleep 60 & echo $! > "$PID_FILE"; wait')


def until(true: Callable[[], object], *, within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie that only waits to be collected does not."""
    ps = ["ps", "-o", "stat=", "-p", str(pid)]
    status = subprocess.run(ps, check=False, capture_output=True, text=True)
    return status.stdout.strip()[:1] not in {"", "Z"}


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def boss(tmp_path: Path, lines: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(
        environment={**os.environ, "PID_FILE": str(tmp_path / "pid")},
        log_dir=tmp_path / "logs",
        report=lines.append,
    )
    yield made
    made.stop(list(made.children), is_urgent=lambda: True)
    made.dismiss_guardian()


def test_a_child_that_dies_is_started_again_after_a_pause(
    boss: Supervisor, lines: list[str]
) -> None:
    boss.start(Role(name="web", command=SLEEPER), now_s=time.monotonic())
    first = boss.children["web"].process
    first.kill()
    first.wait()
    died_at_s = time.monotonic()
    boss.tend(now_s=died_at_s)
    assert lines == ["web ended (signal 9); starting it again in 1 s"]
    boss.tend(now_s=died_at_s + 0.9)
    assert boss.children["web"].process is first
    boss.tend(now_s=died_at_s + 1.1)
    assert boss.children["web"].process.poll() is None
    assert boss.children["web"].process.pid != first.pid


def test_the_pause_doubles_up_to_half_a_minute_and_forgets_after_a_steady_minute(
    boss: Supervisor, lines: list[str]
) -> None:
    boss.start(Role(name="web", command=("false",)), now_s=time.monotonic())
    now_s = time.monotonic()
    for _ in range(7):
        boss.children["web"].process.wait()
        boss.tend(now_s=now_s)
        now_s += supervisor.LAST_BACKOFF_S
        boss.tend(now_s=now_s)
    waits = [line.rpartition(" in ")[2] for line in lines if "ended" in line]
    assert waits == ["1 s", "2 s", "4 s", "8 s", "16 s", "30 s", "30 s"]
    boss.children["web"].process.wait()
    boss.tend(now_s=now_s + supervisor.STEADY_S + 1)
    assert lines[-1].endswith("in 1 s")


def test_nothing_that_a_child_started_outlives_it(boss: Supervisor, tmp_path: Path) -> None:
    boss.start(Role(name="worker", command=PARENT), now_s=time.monotonic())
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
    grandchild = int((tmp_path / "pid").read_text())
    boss.children["worker"].process.kill()
    boss.children["worker"].process.wait()
    assert is_alive(grandchild)
    boss.tend(now_s=time.monotonic())
    until(lambda: not is_alive(grandchild))


def test_stop_asks_first_and_kills_only_what_outlives_its_grace(
    boss: Supervisor, lines: list[str]
) -> None:
    boss.start(Role(name="polite", command=SLEEPER), now_s=time.monotonic())
    boss.start(Role(name="stubborn", command=STUBBORN, grace_s=0.3), now_s=time.monotonic())
    until(lambda: boss.last_lines("stubborn"))
    polite, stubborn = (boss.children[name].process for name in ("polite", "stubborn"))
    boss.stop(["polite", "stubborn"])
    assert (polite.returncode, stubborn.returncode) == (-signal.SIGTERM, -signal.SIGKILL)
    assert lines == ["stubborn did not stop in time: killed"]
    assert boss.children == {}


def test_a_second_interrupt_ends_the_grace_at_once(boss: Supervisor) -> None:
    boss.start(Role(name="stubborn", command=STUBBORN, grace_s=60), now_s=time.monotonic())
    until(lambda: boss.last_lines("stubborn"))
    began_s = time.monotonic()
    boss.stop(["stubborn"], is_urgent=lambda: True)
    assert time.monotonic() - began_s < 5


def test_a_command_run_to_its_end_gives_its_exit_code(boss: Supervisor) -> None:
    assert boss.complete(Role(name="step", command=("true",)), is_urgent=lambda: False) == 0
    assert boss.complete(Role(name="step", command=("false",)), is_urgent=lambda: False) == 1
    assert boss.complete(Role(name="step", command=SLEEPER), is_urgent=lambda: True) < 0


def test_a_dead_guardian_is_replaced_and_told_of_every_child(
    boss: Supervisor, tmp_path: Path
) -> None:
    boss.start(Role(name="web", command=SLEEPER), now_s=time.monotonic())
    first = boss._guardian
    assert first is not None
    first.kill()
    first.wait()
    boss.tend(now_s=time.monotonic())
    second = boss._guardian
    assert second is not None
    assert second is not first
    child = boss.children.pop("web").process
    collector = threading.Thread(target=child.wait)  # a zombie would look alive to the guardian
    collector.start()
    boss.dismiss_guardian()  # as if the supervisor had died without a word about its child
    collector.join(timeout=10)
    assert child.returncode == -signal.SIGTERM


def test_children_and_grandchildren_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    program = (
        "import os, time; from pathlib import Path; from config.supervisor import *;"
        f"boss = Supervisor(environment={{**os.environ, 'PID_FILE': {str(pid_file)!r}}},"
        f" log_dir=Path({str(tmp_path)!r}), report=print);"
        f"boss.start(Role(name='worker', command={PARENT!r}), now_s=0); time.sleep(60)"
    )
    boss = subprocess.Popen([sys.executable, "-c", program])
    try:
        until(lambda: pid_file.exists() and pid_file.read_text().strip(), within_s=30)
        grandchild = int(pid_file.read_text())
        assert is_alive(grandchild)
    finally:
        boss.kill()
        boss.wait()
    until(lambda: not is_alive(grandchild), within_s=guardian.GRACE_S + 5)


def test_the_guardian_forgets_groups_that_ended_in_order() -> None:
    assert guardian.listed(["+5\n", "+6\n", "-5\n"]) == {6}


def test_a_log_that_grew_keeps_one_older_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LOG_BYTES", 10)
    log = tmp_path / "web.log"
    log.write_text("short")
    supervisor.shorten(log)
    assert log.read_text() == "short"
    log.write_text("now it is too long")
    supervisor.shorten(log)
    assert log.read_text() == ""
    assert (tmp_path / "web.old.log").read_text() == "now it is too long"
