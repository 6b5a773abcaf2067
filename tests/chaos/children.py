"""Work done in a fork of a process that has everything loaded: its answer, or how it died."""

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connections


class ChildFailed(Exception):
    """The work raised; the message is its traceback."""


@dataclass(frozen=True)
class End:
    """`signal` is 0 for a child that came to its own end with an `answer`."""

    signal: int
    answer: Any = None


@dataclass(frozen=True)
class Child:
    pid: int
    told: Path

    def end(self) -> End:
        """Wait for it. :raises ChildFailed:"""
        _, status = os.waitpid(self.pid, 0)
        text = self.told.read_text(encoding="utf-8")
        self.told.unlink()
        if os.WIFSIGNALED(status):
            return End(os.WTERMSIG(status))
        if os.WEXITSTATUS(status):
            raise ChildFailed(text)
        return End(0, json.loads(text))


def start(work: Callable[[], Any]) -> Child:
    """Its answer is JSON. The caller has no open connection that the child could share."""
    handle, name = tempfile.mkstemp(prefix="league-child-")
    os.close(handle)
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _work(work, Path(name))
    return Child(pid, Path(name))


def run(work: Callable[[], Any]) -> End:
    """:raises ChildFailed:"""
    return start(work).end()


def _work(work: Callable[[], Any], told: Path) -> None:
    """Never returns: what follows in the parent is not the child's."""
    code = 0
    try:
        text = json.dumps(work())
        connections.close_all()
    except BaseException:  # noqa: BLE001 -- told to the parent, which raises it
        code, text = 1, traceback.format_exc()
    told.write_text(text, encoding="utf-8")
    os._exit(code)
