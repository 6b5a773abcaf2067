"""Who carries the messages: the network, unless a test or a demonstration installs another."""

import contextlib
from collections.abc import Iterator
from typing import Final

from django.conf import settings

from league.webhooks.couriers.base import Courier
from league.webhooks.couriers.http import Http

_installed: Final[list[Courier]] = []


def courier() -> Courier:
    return _installed[-1] if _installed else Http(allow_loopback=settings.WEBHOOK_LOOPBACK)


@contextlib.contextmanager
def installed(other: Courier) -> Iterator[None]:
    """Put it in the network's place, for this process and for the block."""
    _installed.append(other)
    try:
        yield
    finally:
        _installed.remove(other)
