"""Every stage of the league, in the order that carries a round as far as it can go.

The same functions run from Celery beat, from `manage.py sweep` without any broker, and from
`manage.py replay` under a virtual clock.
"""

from collections.abc import Callable, Container
from datetime import datetime

from chain import anchors
from leaderboard import standings
from league import calendar, history, rounds
from markets import quotes
from predictions import commitments, house_picks
from predictions.scoring import grading

STAGES: dict[str, Callable[..., int]] = {
    "markets.record_quotes": quotes.record_all,
    "league.gather_history": history.gather,
    "league.schedule_rounds": calendar.schedule,
    "league.advance_rounds": rounds.advance,
    "predictions.enter_house_picks": house_picks.enter,
    "predictions.commit_locked": commitments.commit,
    "predictions.grade_settled": grading.grade,
    "leaderboard.publish_standings": standings.publish,
    "chain.pump": anchors.pump,
}


def run(*, now: datetime, skip: Container[str] = ()) -> dict[str, int]:
    """One look at everything, in order. Returns what each stage did."""
    return {name: stage(now=now) for name, stage in STAGES.items() if name not in skip}
