"""A terminal's Ctrl-C for the running command alone.

`make` dies of the very interrupt that its command handles in good order, and so reports a failure
that is none. While a command owns the terminal, Ctrl-C reaches it only, and make sees exit code 0.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def owned() -> Iterator[None]:
    """No effect without a terminal, or where the shell already gave it to this process alone."""
    if not sys.stdin.isatty() or os.getpgrp() == os.getpid() or not _is_foreground():
        yield
        return
    before = os.getpgrp()
    # Ctrl-Z would stop this process behind the back of a make that waits for it.
    stopping = {
        name: signal.signal(name, signal.SIG_IGN) for name in (signal.SIGTTOU, signal.SIGTSTP)
    }
    os.setpgid(0, 0)
    os.tcsetpgrp(sys.stdin.fileno(), os.getpgrp())
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # the terminal may be gone by now
            os.tcsetpgrp(sys.stdin.fileno(), before)
        for name, handler in stopping.items():
            signal.signal(name, handler)


def _is_foreground() -> bool:
    return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
