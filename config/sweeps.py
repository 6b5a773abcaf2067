"""Every stage of the league, in the order that carries a round as far as it can go.

The same functions run from Celery beat, from `manage.py sweep` without any broker, and from
`manage.py replay` under a virtual clock.
"""

import logging
from collections.abc import Callable, Container
from datetime import datetime

from chain import anchors
from leaderboard import finals
from league import calendar, history, leftovers, rounds
from league.webhooks import sweep as webhooks
from markets import quotes
from predictions import commitments, house_picks, learning, news
from predictions.scoring import aggregation, grading
from predictions.timemachine import runs

logger = logging.getLogger(__name__)
STAGES: dict[str, Callable[..., int]] = {
    "markets.record_quotes": quotes.record_all,
    "league.gather_history": history.gather,
    "league.schedule_rounds": calendar.schedule,
    "league.turn_rounds": rounds.turn,
    "league.advance_rounds": rounds.advance,
    "predictions.learn": learning.learn,
    "predictions.enter_house_picks": house_picks.enter,
    "predictions.commit_locked": commitments.commit,
    "predictions.aggregate_priced": aggregation.aggregate,
    "predictions.grade_settled": grading.grade,
    "leaderboard.publish_standings": finals.publish,
    "chain.pump": anchors.pump,
    "league.deliver_webhooks": webhooks.deliver,
    "predictions.tell_owners": news.tell,
    "league.forget_answers": leftovers.forget,
    "predictions.forget_runs": runs.forget,
}


class StageFailed(Exception):
    """A stage broke unexpectedly; the later ones had their turn all the same."""


def run(*, now: datetime, skip: Container[str] = ()) -> dict[str, int]:
    """One look at everything, in order. Returns what each stage did.

    :raises StageFailed: after the last stage, for the first that failed.
    """
    done: dict[str, int] = {}
    broken: list[tuple[str, Exception]] = []
    for name, stage in STAGES.items():
        if name in skip:
            continue
        try:
            done[name] = stage(now=now)
        except Exception as error:
            logger.exception("stage failed", extra={"stage": name})
            broken.append((name, error))
    if broken:
        raise StageFailed(f"{broken[0][0]}: {broken[0][1]}") from broken[0][1]
    return done
