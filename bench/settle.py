"""Settling: the scores of a round, the season's sums and the published table.

Ours is `grading._grade` and `standings.publish`, whole: the round's status and event, a score an
entry with the rule computed in SQL, the crowd's median, the tallies, the evidence, then the ranks.
The matched floor writes the same rows into the same tables and indexes, from constants: no rule,
no crowd, no join to the scores, no order. One player in ten is human. Every act starts from the
same season, which has one earlier round, restored, vacuumed and checkpointed.

The references of S4 are in `bench/refs/`: a loop of ORM saves, `bulk_update`, and what peers do
after every question, a recomputation of the whole table from all scores in Python.
"""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypedDict

from bench import arena as arenas
from bench.arena import Arena
from bench.goals import Line, line, tried
from bench.harness import Cost, Plan, control, cpu, duel, middle, ratio, wal
from bench.memory import peak_mb
from bench.refs import floor, orm
from leaderboard import standings, tables
from league.models import Round
from predictions.scoring import grading

PAST = 100
KEYS = """
    ALTER TABLE predictions_score
        ADD CONSTRAINT key_of_round FOREIGN KEY (round_id) REFERENCES league_round (id)
            DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT key_of_player FOREIGN KEY (player_id) REFERENCES league_player (id)
            DEFERRABLE INITIALLY DEFERRED;
    ALTER TABLE leaderboard_standing
        ADD CONSTRAINT key_of_board FOREIGN KEY (board_id) REFERENCES leaderboard_board (id)
            DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT key_of_player FOREIGN KEY (player_id) REFERENCES league_player (id)
            DEFERRABLE INITIALLY DEFERRED
"""
NO_KEYS = """
    ALTER TABLE predictions_score DROP CONSTRAINT key_of_round, DROP CONSTRAINT key_of_player;
    ALTER TABLE leaderboard_standing DROP CONSTRAINT key_of_board, DROP CONSTRAINT key_of_player
"""


def run(plan: Plan) -> Iterator[Line]:
    lines, small = hundred_thousand(plan)
    yield from lines
    yield from ten_thousand(plan)
    yield from after_history(plan)
    found, arena = sparse(plan)
    yield found
    if plan.is_full:
        yield from million(arena, small=small)


def settle(arena: Arena, round_: Round) -> None:
    grading._grade(round_, now=arena.now)  # noqa: SLF001 -- one round, as the sweep does it
    standings.publish(now=arena.now)


def against_floor(arena: Arena, round_: Round, *, reps: int) -> dict[str, list[Cost]]:
    return duel(
        {
            "floor": partial(floor.settle, arena.season, round_),
            "again": partial(floor.settle, arena.season, round_),
            "ours": partial(settle, arena, round_),
        },
        reps=reps,
        prepare=lambda _name: arena.restore(),
    )


def hundred_thousand(plan: Plan) -> tuple[list[Line], float]:
    """The lines, and the CPU seconds an entry cost."""
    count = plan.pick(smoke=50, quick=100_000, full=100_000)
    arena, round_ = ready(count)
    costs = against_floor(arena, round_, reps=plan.reps if plan.is_full else min(plan.reps, 3))
    scores = line(
        "S1",
        **both(costs, of=cpu, shown=seconds),
        value=ratio(costs, ours="ours", floor="floor", of=cpu),
        noise=control(costs, a="floor", b="again", of=cpu),
        is_whole=not plan.is_smoke,
        detail=f"{count:,} entries; WAL {megabytes(middle(costs['ours'], of=wal))}",
    )
    log = line(
        "S1-wal",
        **both(costs, of=wal, shown=megabytes),
        value=ratio(costs, ours="ours", floor="floor", of=wal),
        is_whole=not plan.is_smoke,
    )
    others = designs(arena, round_, floor_s=middle(costs["floor"], of=cpu))
    arena.restore()
    memory = line(
        "S7",
        floor="",
        ours="",
        value=peak_mb(partial(settle, arena, round_)),
        detail=f"{count:,} entries",
    )
    return [scores, log, *others, memory], middle(costs["ours"], of=cpu) / count


def designs(arena: Arena, round_: Round, *, floor_s: float) -> list[Line]:
    """What else was tried, against the same floor."""
    found = []
    for what, design in DESIGNS.items():
        with design():
            costs = [arena.restored(partial(settle, arena, round_)) for _ in range(2)]
        ours_s = middle(costs, of=cpu)
        found.append(
            tried(
                "S1",
                what,
                floor=seconds(floor_s),
                ours=seconds(ours_s),
                ratio=ours_s / floor_s,
            )
        )
    return found


@contextlib.contextmanager
def keys() -> Iterator[None]:
    arenas.run(KEYS)
    yield
    arenas.run(NO_KEYS)


@contextlib.contextmanager
def compiled() -> Iterator[None]:
    arenas.run("SET jit = on")
    yield
    arenas.run("SET jit = off")


@contextlib.contextmanager
def placed() -> Iterator[None]:
    """The index of places then grows at its end, and the one of players everywhere."""
    write = tables.WRITE
    vars(tables)["WRITE"] = write + " ORDER BY place"
    yield
    vars(tables)["WRITE"] = write


DESIGNS = {
    "the same, with foreign keys checked by the database": keys,
    "the same, its expressions compiled by the database (jit)": compiled,
    "the same, a board's rows written in the order of their places": placed,
}


def million(arena: Arena, *, small: float) -> Iterator[Line]:
    """`small` is what an entry cost among a hundred thousand, CPU seconds."""
    round_ = arena.settled(arena.next(), entries=arena.players)
    arena.keep()
    variants = {
        "floor": partial(floor.settle, arena.season, round_),
        "ours": partial(settle, arena, round_),
    }
    costs = duel(variants, reps=2, prepare=lambda _name: arena.restore())
    large = middle(costs["ours"], of=cpu) / arena.players
    yield line(
        "S2",
        **both(costs, of=cpu, shown=seconds),
        value=ratio(costs, ours="ours", floor="floor", of=cpu),
        detail=f"{arena.players:,} entries, 2 pairs",
    )
    yield line("S3", floor=micro(small), ours=micro(large), value=large / small)


def ten_thousand(plan: Plan) -> Iterator[Line]:
    """The slow references on fewer entries in a quick run: they cost the same an entry."""
    count = plan.pick(smoke=20, quick=10_000, full=10_000)
    slow = plan.pick(smoke=20, quick=1_000, full=10_000)
    arena, round_ = ready(count)
    few, small = ready(slow, into=arena) if slow < count else (arena, round_)
    del few
    yield from compared(
        {"S4-naive": orm.save_each, "S4-bulk": orm.bulk_update},
        arena=arena,
        rounds=(round_, small),
        sizes=(count, slow),
    )


def after_history(plan: Plan) -> Iterator[Line]:
    count = plan.pick(smoke=20, quick=10_000, full=10_000)
    past = plan.pick(smoke=3, quick=PAST, full=PAST)
    young, first = ready(count)
    fresh = [young.restored(partial(settle, young, first)) for _ in range(plan.reps)]
    old, last = ready(count, past=past)
    aged = [old.restored(partial(settle, old, last)) for _ in range(plan.reps)]
    costs = {"none": fresh, "history": aged}
    detail = f"{count:,} entries, {past} past rounds"
    yield line(
        "S5",
        floor=seconds(middle(fresh, of=cpu)),
        ours=seconds(middle(aged, of=cpu)),
        value=ratio(costs, ours="history", floor="none", of=cpu),
        detail=detail,
    )
    yield line(
        "S5-wal",
        floor=megabytes(middle(fresh, of=wal)),
        ours=megabytes(middle(aged, of=wal)),
        value=ratio(costs, ours="history", floor="none", of=wal),
        detail=detail,
    )
    yield from compared(
        {"S4-peer": orm.recompute}, arena=old, rounds=(last, last), sizes=(count, count)
    )


def sparse(plan: Plan) -> tuple[Line, Arena]:
    """A round of few among many: what it writes, against ranking everybody anew."""
    everybody = plan.pick(smoke=200, quick=100_000, full=1_000_000)
    few = everybody // 100
    arena = arenas.build(count=everybody)
    arena.settled(arena.next(), entries=everybody)
    arena.settle_all()
    round_ = arena.settled(arena.next(), entries=few)
    arena.keep()
    costs = duel(
        {
            "few": lambda: grading._grade(round_, now=arena.now),  # noqa: SLF001
            "all": lambda: standings.publish(now=arena.now),
        },
        reps=2,
        prepare=lambda name: arena.restore() if name == "few" else None,
    )
    found = line(
        "S6",
        floor=seconds(middle(costs["few"], of=cpu)),
        ours=seconds(middle(costs["all"], of=cpu)),
        value=ratio(costs, ours="all", floor="few", of=cpu),
        is_whole=plan.is_full,
        detail=f"{few:,} of {everybody:,}; a table of M players rests M / 10,000 s between ranks",
    )
    arena.settle_all()
    return found, arena


def compared(
    references: dict[str, Callable[[Arena, Round], object]],
    *,
    arena: Arena,
    rounds: tuple[Round, Round],
    sizes: tuple[int, int],
) -> Iterator[Line]:
    """What a reference costs an entry, in entries of ours."""
    (round_, small), (count, slow) = rounds, sizes
    ours = [arena.restored(partial(settle, arena, round_)) for _ in range(3)]
    mine = middle(ours, of=cpu) / count
    for goal, act in references.items():
        theirs = arena.restored(partial(act, arena, small)).cpu_s / slow
        yield line(
            goal,
            floor=micro(theirs),
            ours=micro(mine),
            value=theirs / mine,
            detail=f"ours on {count:,} entries, theirs on {slow:,}, CPU an entry",
        )


def ready(count: int, *, past: int = 1, into: Arena | None = None) -> tuple[Arena, Round]:
    """A season whose `past` rounds are scored and published, and the round to settle."""
    arena = into or arenas.build(count=count)
    if into is None:
        for number in range(past):
            arena.settled(number, entries=count)
        arena.settle_all()
    round_ = arena.settled(arena.next(), entries=count)
    arena.keep()
    return arena, round_


class Sides(TypedDict):
    floor: str
    ours: str


def both(
    costs: dict[str, list[Cost]], *, of: Callable[[Cost], float], shown: Callable[[float], str]
) -> Sides:
    floor, ours = (shown(middle(costs[name], of=of)) for name in ("floor", "ours"))
    return {"floor": floor, "ours": ours}


def seconds(value: float) -> str:
    return f"{value:.3f} s"


def megabytes(value: float) -> str:
    return f"{value / 1e6:.1f} MB"


def micro(value: float) -> str:
    return f"{value * 1e6:.1f} us"
