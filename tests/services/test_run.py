"""`manage.py run` from start to Ctrl-C, and what is left when it is killed instead."""

import http.client
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.services import project
from tests.services.servers import HOST, until

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]
MANAGE = str(project.REPOSITORY / "manage.py")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An embedded league whose season exists already, so that nothing must be played first."""
    made = project.environment(
        database_url=f"sqlite:///{tmp_path / 'league.sqlite3'}", redis_url="", var_dir=tmp_path
    )
    project.manage("migrate", "--verbosity=0", env=made)
    project.script("short_season", "1", "0", env=made)
    return made


@pytest.fixture
def output(tmp_path: Path) -> Iterator[IO[bytes]]:
    with (tmp_path / "output").open("wb") as file:
        yield file


def launch(environment: dict[str, str], output: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, MANAGE, "run"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )


def answers(port: str) -> bool:
    connection = http.client.HTTPConnection(HOST, int(port), timeout=5)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def family(pid: int) -> list[int]:
    """The living processes that descend from `pid`, however deep."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,stat="], check=True, capture_output=True, text=True
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    parents = {int(row[0]): int(row[1]) for row in rows if not row[2].startswith("Z")}
    found, new = set[int](), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return sorted(found)


def alive(pids: list[int]) -> list[int]:
    listed = subprocess.run(
        ["ps", "-eo", "pid=,stat="], check=True, capture_output=True, text=True
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [int(row[0]) for row in rows if int(row[0]) in pids and not row[1].startswith("Z")]


def test_it_serves_until_an_interrupt_and_leaves_nothing(
    environment: dict[str, str], output: IO[bytes]
) -> None:
    league = launch(environment, output)
    try:
        until(lambda: answers(environment["PORT"]), within_s=90, what="the first answer")
        until(lambda: len(family(league.pid)) >= 10, within_s=60, what="tick, worker and beat")
        processes = family(league.pid)
        league.send_signal(signal.SIGINT)
        assert league.wait(timeout=60) == 0
    finally:
        league.kill()
        league.wait()
    assert alive(processes) == []
    said = Path(output.name).read_text()
    for word in ("broker", "database", "demo", "starting", "ready", "stopping", "stopped"):
        assert f"league | {word}" in said


def test_nothing_is_left_when_it_is_killed_and_the_next_run_goes_on(
    environment: dict[str, str], output: IO[bytes]
) -> None:
    league = launch(environment, output)
    try:
        until(lambda: answers(environment["PORT"]), within_s=90, what="the first answer")
        until(lambda: len(family(league.pid)) >= 10, within_s=60, what="tick, worker and beat")
        processes = family(league.pid)
    finally:
        league.kill()
        league.wait()
    until(lambda: not alive(processes), within_s=30, what="the children to end")
    again = launch(environment, output)
    try:
        until(lambda: answers(environment["PORT"]), within_s=90, what="an answer again")
        again.send_signal(signal.SIGTERM)
        assert again.wait(timeout=60) == 0
    finally:
        again.kill()
        again.wait()


def test_a_port_in_use_is_named_and_nothing_is_started(environment: dict[str, str]) -> None:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = subprocess.run(
            [sys.executable, MANAGE, "run"],
            env=environment | {"PORT": str(port)},
            check=False,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    assert f"PORT={port + 1} make run" in done.stderr
    assert "broker" not in done.stdout


def test_ctrl_c_in_a_terminal_ends_make_with_success_too(
    environment: dict[str, str], output: IO[bytes], tmp_path: Path
) -> None:
    """A terminal's interrupt would kill make itself; the command takes the terminal meanwhile."""
    makefile = tmp_path / "Makefile"
    makefile.write_text(f"run:\n\t@{sys.executable} {MANAGE} run\n")
    shell, terminal = pty.openpty()
    make = subprocess.Popen(
        [sys.executable, "-c", CONTROLLING, "make", "-f", str(makefile), "run"],
        env=environment,
        stdin=terminal,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        until(lambda: answers(environment["PORT"]), within_s=90, what="the first answer")
        os.write(shell, b"\x03")
        assert make.wait(timeout=60) == 0
    finally:
        make.kill()
        make.wait()
        os.close(shell)
        os.close(terminal)


CONTROLLING = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
