"""When to look: queues, routes and every beat entry, on one page.

`expires` in a beat entry is the one django-celery-beat keeps only as `expire_seconds`: a hint that
waited longer than its period is dropped, because the next one finds the same rows.
"""

from typing import Any

from kombu.entity import Exchange, Queue

# An exchange each: a message for one queue can reach no other.
QUEUES = [
    Queue(name, Exchange(name), routing_key=name) for name in ("tick", "work", "ml", "chain")
]

# task -> (queue, seconds between two looks)
SWEEPS: dict[str, tuple[str, int]] = {
    "markets.record_quotes": ("work", 5),
    "league.schedule_rounds": ("work", 20),
    "league.turn_rounds": ("tick", 5),
    "league.advance_rounds": ("work", 5),
    "predictions.enter_house_picks": ("ml", 5),
    "predictions.learn": ("ml", 30),
    "predictions.commit_locked": ("tick", 5),
    "predictions.grade_settled": ("tick", 5),
    "leaderboard.publish_standings": ("work", 10),
    "league.deliver_webhooks": ("work", 10),  # longer than a look may take
    "chain.pump": ("chain", 5),
}
# Stages that ride along with another's task: each message costs a worker more than most looks do.
RIDERS: dict[str, str] = {
    "league.gather_history": "league.schedule_rounds",
    "league.forget_answers": "league.schedule_rounds",
    "predictions.aggregate_priced": "predictions.grade_settled",
    "predictions.tell_owners": "predictions.grade_settled",
    "predictions.forget_runs": "predictions.commit_locked",
}
# What watches the league instead of carrying it: is all as it must be?
WATCHES: dict[str, tuple[str, int]] = {"config.check_invariants": ("work", 900)}
# The sweep of each queue that shows, whenever a worker starts on it, that the queue is served: no
# beat entry of its own, no message more.
PULSES: dict[str, str] = {
    task: SWEEPS[task][0]
    for task in (
        "league.turn_rounds", "league.advance_rounds", "predictions.enter_house_picks",
        "chain.pump",
    )
}  # fmt: skip
TASKS = SWEEPS | WATCHES

ROUTES = {task: {"queue": queue} for task, (queue, _) in TASKS.items()}
ENTRIES: dict[str, dict[str, Any]] = {
    task: {"task": task, "schedule": period, "options": {"expire_seconds": period}}
    for task, (_, period) in TASKS.items()
}
