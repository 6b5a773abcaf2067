"""A worker that was asked to leave finishes the unit at work and begins no other.

The wish reaches the main process; the work is done by its forked children. They share one byte.
"""

import mmap

_WISH = mmap.mmap(-1, 1)  # anonymous memory, the same for every process forked after the import
_INTERRUPTIONS: list[type[Exception]] = []


def announce() -> None:
    """Safe in a signal handler."""
    _WISH[0] = 1


def is_announced() -> bool:
    return _WISH[0] == 1


def recognise(interruption: type[Exception]) -> None:
    """Tell what the task runner raises to end a unit from outside: nobody's fault in here."""
    _INTERRUPTIONS.append(interruption)


def is_interruption(error: Exception) -> bool:
    return isinstance(error, tuple(_INTERRUPTIONS))


def heed(error: Exception) -> None:
    """For whoever keeps one row's failure from the others: what ends the whole unit goes on.

    :raises Exception: `error` itself, when it came from outside.
    """
    if is_interruption(error):
        raise error
