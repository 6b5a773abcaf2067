"""The last resort of `manage.py run`: when the supervisor vanishes, so do its children.

Run as a script with a pipe on standard input: `+PGID` and `-PGID` lines say which process groups
are alive. The end of the pipe means that the supervisor is gone, however it died; then every
group still listed is asked to stop (SIGTERM), and after GRACE_S seconds made to (SIGKILL).
A pipe needs no polling and no Linux-only system call, and groups include grandchildren.
It imports nothing of the project, so that it starts in milliseconds and weighs little.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable

GRACE_S = 8.0


def listed(lines: Iterable[str]) -> set[int]:
    """The groups still alive once the pipe has ended."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def told(group: int, signal_number: int) -> bool:
    """Whether the group still exists; signal 0 only asks."""
    try:
        os.killpg(group, signal_number)
    except (ProcessLookupError, PermissionError):  # macOS says EPERM of a group of zombies
        return False
    return True


def end(groups: set[int], *, grace_s: float = GRACE_S) -> None:
    left = {group for group in groups if told(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace_s
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = {group for group in left if told(group, 0)}
    for group in left:
        told(group, signal.SIGKILL)


if __name__ == "__main__":
    for deaf_to in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(deaf_to, signal.SIG_IGN)
    end(listed(sys.stdin))
