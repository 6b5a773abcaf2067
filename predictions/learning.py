"""The sweep that learns: score what the models tried, judge them, train the next."""

from datetime import datetime

from predictions import promotion, retraining, trials


def learn(*, now: datetime) -> int:
    """Returns the trials scored, the standings changed and the versions trained, together."""
    scored = trials.score(now=now)
    changed = 0
    if scored:  # nothing else tells anything new about a model
        changed = promotion.decide(now=now)
        promotion.measure(now=now)
        trials.forget(now=now)
    return scored + changed + retraining.retrain(now=now)
