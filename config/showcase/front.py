"""Everything on the home page and on the page of a whole board."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from config.showcase import agenda, duel, standings
from config.showcase.agenda import Lock, Result
from config.showcase.duel import Duel
from config.showcase.stage import Stage
from config.showcase.standings import Line

MOST_ROWS = 200
HOME_ROWS = 20


@dataclass(frozen=True, slots=True)
class Front:
    duel: Duel
    lines: list[Line]
    is_cut: bool
    locks: list[Lock]
    results: list[Result]


@dataclass(frozen=True, slots=True)
class Table:
    duel: Duel
    lines: list[Line]
    is_cut: bool
    kinds: Sequence[str]


def home(stage: Stage, *, now: datetime) -> Front:
    lines = standings.lines(stage.board, limit=HOME_ROWS + 1)
    return Front(
        duel=duel.of(stage.board),
        lines=lines[:HOME_ROWS],
        is_cut=len(lines) > HOME_ROWS,
        locks=agenda.open_locks(stage.season, now=now),
        results=agenda.results(stage.season, horizon=stage.horizon),
    )


def table(stage: Stage, *, kinds: Sequence[str]) -> Table:
    """The board's rows of these kinds, or all of them."""
    lines = standings.lines(stage.board, kinds=kinds, limit=MOST_ROWS + 1)
    return Table(duel.of(stage.board), lines[:MOST_ROWS], len(lines) > MOST_ROWS, kinds)
