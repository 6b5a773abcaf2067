"""A quarter on recorded prices: a challenger follows by evidence, a poisoned one is refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config import timeline
from config.replay import playback, scratch
from league.horizons import TABLE
from league.models import Player
from markets import bars
from markets.modes import PriceMode
from markets.providers import registry, replay
from predictions import retraining, versions
from predictions.models import ModelVersion, Trial
from predictions.training import artifacts, boosting, candidates, gate
from predictions.training.candidates import Candidate
from predictions.training.har import Har
from tests.markets import recordings
from tests.predictions import synthetic

ASSETS = ("BTC", "ETH", "SOL", "XRP", "ADA", "LTC")
BEFORE, QUARTER = timedelta(days=60), timedelta(days=91)
BEGIN = datetime.fromtimestamp(synthetic.START, tz=UTC) + BEFORE
POISONED_AT = BEGIN + timedelta(days=14)


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """Six assets at two venues that agree, hour by hour."""
    hours = (BEFORE + QUARTER + timedelta(days=2)) // timedelta(hours=1)
    for venue in ("north", "south"):
        for seed, symbol in enumerate(ASSETS, 10):
            series = synthetic.closes(count=hours, seed=seed)
            file = tmp_path / "prices" / venue / f"{symbol}USDT_1h.csv"
            recordings.write(file, recordings.hours(BEGIN - BEFORE, synthetic.texts(series)))
    return tmp_path / "prices"


@pytest.fixture
def venues(prices: Path, django_db_blocker: Any) -> Iterator[tuple[replay.Venue, ...]]:
    found = replay.load(prices)
    with (
        django_db_blocker.unblock(),
        scratch.database(),
        registry.installed(PriceMode.REPLAY, found),
    ):
        yield found
    bars.forget()


def poisoned(train: Any) -> Any:
    """What somebody with a hand in the training would do: intervals three times as wide."""

    def spoil(assets: Any, *, horizon: Any, **how: Any) -> list[Candidate]:
        made = []
        for one in train(assets, horizon=horizon, **how):
            model = artifacts.unpack(one.artifact.data, kind=one.artifact.format, horizon=horizon)
            assert isinstance(model, Har)
            wide = artifacts.pack(replace(model, spread=3 * model.spread), horizon=horizon)
            made.append(replace(one, artifact=wide))
        return made

    return spoil


@pytest.mark.timeout(600)
def test_a_challenger_is_promoted_by_the_gate_and_a_poisoned_one_refused(
    venues: tuple[replay.Venue, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = playback.Script(BEGIN, BEGIN + QUARTER, ASSETS, ["24h"])
    season = playback.prepare(script)
    Player.objects.exclude(handle="vol-scholar").update(is_active=False)  # nor is anybody else
    slots = list(playback.slots_of(season).values())
    assert len(timeline.instants_of(slots, until=script.end)) > gate.LEAST_LOCKS["24h"]
    train = candidates.train
    monkeypatch.setattr(boosting, "LEAST_ROWS", 10**9)  # one family is story enough
    for instant in playback.play(season, slots, []):
        is_bad_week = POISONED_AT <= instant + timedelta(days=1) < POISONED_AT + timedelta(days=7)
        monkeypatch.setattr(candidates, "train", poisoned(train) if is_bad_week else train)

    first, second, third, *later = ModelVersion.objects.order_by("number")
    assert first.promoted_by == "first"
    assert (second.promoted_by, second.status) == ("gate", "champion")
    assert "points a lock over 60 locks" in second.reason
    assert (first.status, first.reason) == ("retired", f"followed by {second}")
    assert second.promoted_at is not None
    assert second.promoted_at - second.trained_at >= timedelta(days=60)
    assert (third.status, third.promoted_at) == ("retired", None)
    assert third.reason.startswith("refused: 80 % intervals hold")
    assert "times as wide" in third.reason
    assert later
    assert "champion" not in {one.status for one in later}
    assert all(one.trained_at - second.trained_at >= retraining.EVERY for one in later)
    # Nobody's board has seen any of it but through the champions.
    assert Trial.objects.filter(version=third, points_milli__isnull=False).count() >= 6 * 60
    course = versions.Course(TABLE["24h"], PriceMode.REPLAY)
    serving = versions.champion(course, family="har")
    assert serving is not None
    assert serving.version.pk == second.pk
