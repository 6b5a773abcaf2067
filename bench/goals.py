"""The goals (goals.toml), and the lines that say how each was met."""

import operator
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from bench.harness import NOISY, Ratio

MET, MISSED, INVALID, UNMEASURED = "met", "MISSED", "invalid", "not measured"
SMALLER: Final = "see --full"  # measured on a smaller size than the goal is about
TRIED: Final = "tried"  # a design that was measured beside ours; judged by nobody
OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Goal:
    """`value` is a ratio where `unit` is empty."""

    what: str
    op: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table, as it is printed; `detail` goes under its topic."""

    goal: str
    what: str
    floor: str
    ours: str
    ratio: str
    wanted: str
    verdict: str
    detail: str = ""


class Judgement(NamedTuple):
    wanted: str
    verdict: str


def _read() -> dict[str, Goal]:
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return {name: Goal(**fields) for name, fields in tomllib.loads(text).items()}


GOALS: Final = _read()


def judge(goal: str, value: float, *, noise: float = 0.0) -> Judgement:
    """`noise` is what a control of the same run differed by. :raises KeyError: no such goal."""
    asked = GOALS[goal]
    wanted = f"{asked.op} {asked.value:g} {asked.unit or 'x'}"
    if noise > NOISY:
        return Judgement(wanted, INVALID)
    return Judgement(wanted, MET if OPERATORS[asked.op](value, asked.value) else MISSED)


def line(  # noqa: PLR0913 -- a row has that many columns
    goal: str,
    *,
    floor: str,
    ours: str,
    value: Ratio | float,
    noise: float = 0.0,
    detail: str = "",
    is_whole: bool = True,
) -> Line:
    """A judged row. `value` is what the goal bounds: the ratio, or the number in its unit.

    One that needs the full size is shown without a verdict where it was not (`is_whole`).
    """
    measured = value.median if isinstance(value, Ratio) else value
    shown = str(value) if isinstance(value, Ratio) else f"{value:.3g}"
    wanted, verdict = judge(goal, measured, noise=noise)
    if not is_whole:
        verdict = SMALLER
    if noise:
        detail = f"{detail}; the floor against itself: {noise:.0%} apart".removeprefix("; ")
    return Line(goal, GOALS[goal].what, floor, ours, shown, wanted, verdict, detail)


def tried(goal: str, what: str, *, floor: str, ours: str, ratio: Ratio | float) -> Line:
    """Another design for the same goal, measured in the same run and not taken."""
    shown = str(ratio) if isinstance(ratio, Ratio) else f"{ratio:.3g}"
    return Line(goal, what, floor, ours, shown, "", TRIED)


def unmeasured(goal: str) -> Line:
    asked = GOALS[goal]
    wanted = f"{asked.op} {asked.value:g} {asked.unit or 'x'}"
    return Line(goal, asked.what, "", "", "", wanted, UNMEASURED)
