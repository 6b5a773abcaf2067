"""Pictures of a backtest: calibration, coverage over time, skill by asset."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from predictions.backtest import skill
from predictions.backtest.report import Answers

ROLLING: Final = 60  # locks
LEVELS: Final = (0.1, 0.5, 0.9)


class NoPlotter(Exception):
    """matplotlib is not installed; it is among the development requirements."""


def draw(found: Sequence[Answers], *, folder: Path, title: str) -> list[Path]:
    """Write calibration.png, coverage.png and skill.png into the folder.

    :raises NoPlotter: without matplotlib.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 -- heavy: only who draws
    except ImportError as error:
        raise NoPlotter("matplotlib is not installed: make setup installs it.") from error
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, paint in (("calibration", _calibration), ("coverage", _coverage), ("skill", _skill)):
        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.add_subplot()
        paint(axes, found)
        axes.set_title(title)
        axes.legend()
        file = folder / f"{name}.png"
        figure.savefig(file, dpi=110)
        drawn.append(file)
    return drawn


def _calibration(axes: Any, found: Sequence[Answers]) -> None:
    """How often outcomes lay at or below each quantile."""
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8, label="honest")
    for answers in found:
        shares = [float((answers.below <= place).mean()) for place in range(len(LEVELS))]
        axes.plot(LEVELS, shares, marker="o", label=answers.name)
    axes.set_xlabel("quantile stated")
    axes.set_ylabel("share of outcomes at or below it")


def _coverage(axes: Any, found: Sequence[Answers]) -> None:
    """Share of outcomes inside the 80 % interval, over the last sixty locks."""
    for answers in found:
        locks, place = np.unique(answers.lost.locks, return_inverse=True)
        inside = np.bincount(place, weights=answers.lost.inside) / np.bincount(place)
        if locks.size >= ROLLING:
            rolling = np.convolve(inside, np.ones(ROLLING) / ROLLING, mode="valid")
            times = locks[ROLLING - 1 :].astype("datetime64[s]")
            axes.plot(times, 100 * rolling, label=answers.name)
    axes.axhline(80, color="grey", linewidth=0.8, label="stated")
    axes.set_ylabel(f"coverage over {ROLLING} locks, %")
    axes.tick_params(axis="x", rotation=30)


def _skill(axes: Any, found: Sequence[Answers]) -> None:
    """WIS skill against the house, with 95 % intervals, for each asset."""
    shown = [answers for answers in found if answers.name in {"vol-scholar", "forest", "ensemble"}]
    for shift, answers in enumerate(shown):
        places = range(len(answers.assets))
        skills = [skill.measure(answers.lost.where(answers.asset == place)) for place in places]
        middle = np.array([one.wis_skill_pct for one in skills])
        errors = np.abs(np.array([[one.low, one.high] for one in skills]).T - middle)
        axes.errorbar(
            np.array(places) + 0.2 * shift, middle, yerr=errors, fmt="o", label=answers.name
        )
        axes.set_xticks(list(places), answers.assets)
    axes.axhline(0, color="grey", linewidth=0.8, label="the house")
    axes.set_ylabel("WIS skill, %")
