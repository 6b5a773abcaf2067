"""An issuer's keys as a process remembers them: asked for seldom, and never by a whole crowd.

A token names its key. One that is not known is asked for once; whoever invents names, or finds the
issuer down, causes no more than one question in PAUSE.
"""

import functools
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from league.oidc import issuer as issuers
from league.oidc.issuer import Issuer, IssuerUnavailable, Jwk

logger = logging.getLogger(__name__)
FRESH: Final = timedelta(minutes=5)  # a key its issuer withdrew counts no longer than this
KEPT: Final = timedelta(hours=1)  # unless the issuer cannot be asked
PAUSE: Final = timedelta(seconds=10)
PATIENCE_S: Final = 1.0


class Keyring:
    def __init__(self, ask: Callable[[], dict[str, Jwk]]) -> None:
        self._ask = ask
        self._keys: dict[str, Jwk] = {}
        self._known_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._is_down = True
        self._asking = threading.Lock()

    def find(self, kid: str, *, now: datetime) -> Jwk | None:
        """None for a name the issuer does not publish. :raises IssuerUnavailable:"""
        found = self._recall(kid, within=FRESH, now=now)
        if found is not None:
            return found
        is_settled = self._renew(patience_s=0 if kid in self._keys else PATIENCE_S, now=now)
        found = self._recall(kid, within=KEPT, now=now)
        if found is None and not is_settled:
            raise IssuerUnavailable("Its keys cannot be asked for just now.")
        return found

    def _recall(self, kid: str, *, within: timedelta, now: datetime) -> Jwk | None:
        is_known = self._known_at is not None and now < self._known_at + within
        return self._keys.get(kid) if is_known else None

    def _renew(self, *, patience_s: float, now: datetime) -> bool:
        """Whether what is known afterwards is all there is."""
        if not self._asking.acquire(timeout=patience_s):
            return False  # another thread is asking
        try:
            if self._asked_at is None or not self._asked_at <= now < self._asked_at + PAUSE:
                self._asked_at = now
                self._learn(now=now)
            return not self._is_down
        finally:
            self._asking.release()

    def _learn(self, *, now: datetime) -> None:
        try:
            self._keys, self._known_at = self._ask(), now
            self._is_down = False
        except IssuerUnavailable as error:
            self._is_down = True
            logger.warning("league.issuer_unavailable", extra={"reason": str(error)})


@functools.lru_cache(maxsize=4)
def of(issuer: Issuer) -> Keyring:
    """One for a process and issuer."""
    return Keyring(functools.partial(issuers.published, issuer))


def forget() -> None:
    """Start afresh: for tests, which share a process."""
    of.cache_clear()
