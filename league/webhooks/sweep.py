"""The delivery sweep: tell what happened, then send what is due, side by side and for seconds.

It shares its queue with the rounds' prices, so a look ends before the next one begins, however
slow the receivers are: at most WATCH_S seconds of new waves, and CUT_S for the last one.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import datetime
from typing import Final, NamedTuple

from league import departure
from league.models.delivery import Outcome
from league.webhooks import deliveries, messages, outbox
from league.webhooks.couriers import registry
from league.webhooks.couriers.base import Answer, Courier
from league.webhooks.deliveries import Claim

logger = logging.getLogger(__name__)
WAVE: Final = 16
WATCH_S: Final = 2.0
CUT_S: Final = 6.0  # a courier needs five, and a name's servers may need longer


class Timed(NamedTuple):
    answer: Answer
    took_ms: int


def deliver(*, now: datetime) -> int:
    """One look. Returns the deliveries made and the attempts finished."""
    done = outbox.publish(now=now)
    courier, ends_s = registry.courier(), time.monotonic() + WATCH_S
    while time.monotonic() < ends_s and not departure.is_announced():
        wave = deliveries.claim(now=now, most=WAVE)
        if not wave:
            break
        done += _send(wave, courier, now=now)
    return done


def _send(wave: Sequence[Claim], courier: Courier, *, now: datetime) -> int:
    """No thread touches the database; each answer is recorded as soon as it is here."""
    pool = ThreadPoolExecutor(max_workers=len(wave), thread_name_prefix="webhook")
    waiting: dict[Future[Timed], Claim] = {
        pool.submit(_post, courier, claim, now=now): claim for claim in wave
    }
    try:
        for future in as_completed(list(waiting), timeout=CUT_S):
            told = future.result()
            deliveries.record(waiting.pop(future), told.answer, took_ms=told.took_ms, now=now)
    except TimeoutError:
        logger.warning("webhooks cut off", extra={"deliveries": len(waiting)})
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    for claim in waiting.values():
        late = Answer(Outcome.TIMEOUT)
        deliveries.record(claim, late, took_ms=round(CUT_S * 1000), now=now)
    return len(wave)


def _post(courier: Courier, claim: Claim, *, now: datetime) -> Timed:
    began_s = time.perf_counter()
    try:
        answer = courier.post(messages.parcel(claim.delivery, now=now))
    except Exception:
        logger.exception("webhook not sent", extra={"delivery": str(claim.delivery.pk)})
        answer = Answer(Outcome.FAULT)
    return Timed(answer, round((time.perf_counter() - began_s) * 1000))
