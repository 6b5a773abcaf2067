"""The league's own Celery app with two tasks more: one writes down how long its message took."""

import time
from typing import Any

from celery import Task

from config.celery import app

QUEUE = "bench"
RESULTS = "bench:latencies"


@app.task(name="bench.stamp", queue=QUEUE)  # type: ignore[untyped-decorator]
def stamp(sent_at: float, **_: Any) -> None:
    took_s = time.time() - sent_at
    with app.connection_for_write() as connection:
        connection.default_channel.client.rpush(RESULTS, took_s)


@app.task(name="bench.nothing", queue=QUEUE, base=Task)  # type: ignore[untyped-decorator]
def nothing(**_: Any) -> None:
    """What a message costs by itself: not even the clock is read, as every look of ours does."""
