"""Reading a board.

R1: the floor is a Django view that returns two bytes, behind the same middleware in the same
process; ours is `GET /api/v1/leaderboard` with 100 rows. Its bytes are kept in the process and
held against the database at most once a second, which is part of what is measured. R2: the peer is
a `ModelSerializer` list view of the same 100 rows; R2 is about the views alone, both without
middleware, which would cost each the same; with it is the line among the other designs. R3 and R4
are statements against boards of two sizes, each in tables of its own: one player's place (players
and standings joined by their unique indexes) and the 101 rows from the middle on (a range of
ranks).
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from bench import boards, web
from bench.goals import Line, line, tried
from bench.harness import Plan, apart, duel, pairwise
from leaderboard import queries
from leaderboard.models import Board, Standing

Call = Callable[[int], object]
SMALL, LARGE = "small", "public"
NOTHING = "/api/v1/reference/nothing"
TOP = "/api/v1/leaderboard?season=bench&horizon=1h"
PAGE = 101  # a page of 100, and one more to know whether there is a next


def run(plan: Plan) -> Iterator[Line]:
    board = boards.season()
    few = plan.pick(smoke=300, quick=10_000, full=10_000)
    many = plan.pick(smoke=1_000, quick=200_000, full=1_000_000)
    boards.fill(board, size=few, schema=SMALL)
    boards.fill(board, size=many)
    yield from first_page(board, plan)
    yield from over_http(plan)
    sizes = {SMALL: few, LARGE: many}
    yield from my_rank(board, sizes, plan)
    yield from page_in_the_middle(board, sizes, plan)


# -- R1 and R2 --------------------------------------------------------------------------------
def first_page(board: Board, plan: Plan) -> Iterator[Line]:
    list_of = f"/api/v1/reference/standings/{board.pk}"
    whole = web.caller(WSGIHandler())
    with override_settings(MIDDLEWARE=[]):
        bare = web.caller(WSGIHandler())
    assert whole(TOP).endswith(b'"results":' + whole(list_of) + b"}")
    many, few = plan.pick(smoke=2, quick=100, full=300), plan.pick(smoke=1, quick=10, full=30)
    asked = {
        "floor": (whole, NOTHING, many),
        "again": (whole, NOTHING, many),
        "ours": (whole, TOP, many),
        "peer": (whole, list_of, few),
        "bare ours": (bare, TOP, many),
        "bare peer": (bare, list_of, few),
    }
    costs = duel({name: repeated(*what) for name, what in asked.items()}, reps=plan.reps)
    cpu = {name: [one.cpu_s / asked[name][2] for one in found] for name, found in costs.items()}
    sent = {name: sum(one.statements for one in found) for name, found in costs.items()}
    shown = {name: f"{statistics.median(found) * 1e6:.0f} us" for name, found in cpu.items()}
    yield line(
        "R1",
        floor=shown["floor"],
        ours=shown["ours"],
        value=pairwise(cpu["ours"], cpu["floor"]),
        noise=apart(cpu["floor"], cpu["again"]),
        detail="CPU of a request in process; statements sent for "
        f"{many * plan.reps:,} requests: {sent['ours']}",
    )
    yield line(
        "R2",
        floor=shown["bare peer"],
        ours=shown["bare ours"],
        value=pairwise(cpu["bare peer"], cpu["bare ours"]),
        detail="CPU of a request in process, views alone",
    )
    yield tried(
        "R2",
        "the same two views through all middleware",
        floor=shown["peer"],
        ours=shown["ours"],
        ratio=pairwise(cpu["peer"], cpu["ours"]),
    )


def repeated(ask: web.Ask, target: str, count: int) -> Callable[[], object]:
    return lambda: [ask(target) for _ in range(count)]


def over_http(plan: Plan) -> Iterator[Line]:
    seconds = plan.pick(smoke=1, quick=2, full=4)
    turns = plan.pick(smoke=1, quick=3, full=7)
    rates: dict[str, list[float]] = {NOTHING: [], TOP: []}
    with tempfile.TemporaryDirectory() as folder, web.serving(Path(folder)) as port:
        for turn in range(turns + 1):
            for target, found in rates.items():
                rate = web.requests_per_s(port, target, seconds=seconds)
                found.extend([rate] if turn else [])  # the first turn warms up
    shown = {target: f"{statistics.median(found):.0f}/s" for target, found in rates.items()}
    yield line(
        "R1-http",
        floor=shown[NOTHING],
        ours=shown[TOP],
        value=pairwise(rates[TOP], rates[NOTHING]),
        detail=f"the web server of `make run`, 8 connections, {turns} turns of {seconds} s by "
        f"{web.client()}",
    )


# -- R3 and R4 --------------------------------------------------------------------------------
def my_rank(board: Board, sizes: Mapping[str, int], plan: Plan) -> Iterator[Line]:
    def ours(number: int) -> Standing | None:
        return queries.standing(board=board, handle=f"player-{number}")

    def by_key(number: int) -> Standing:
        return Standing.objects.select_related("player").get(pk=number)

    def counted(number: int) -> int:
        mine = Standing.objects.get(board=board, player=number)
        better = Standing.objects.filter(board=board, rating_milli__gt=mine.rating_milli)
        return better.count() + 1

    found = ours(3)
    assert found is not None
    assert found.rank == counted(found.player_id)
    acts = {"few": (SMALL, ours), "many": (LARGE, ours), "key": (LARGE, by_key)}
    calls = plan.pick(smoke=3, quick=100, full=500)
    p50 = in_turns(acts, sizes=sizes, calls=calls, reps=plan.reps)
    p50 |= in_turns({"counted": (LARGE, counted)}, sizes=sizes, calls=3, reps=plan.reps)
    shown = {name: f"{statistics.median(times):.2f} ms" for name, times in p50.items()}
    yield line(
        "R3",
        floor=f"{shown['few']} ({sizes[SMALL]:,})",
        ours=f"{shown['many']} ({sizes[LARGE]:,})",
        value=pairwise(p50["many"], p50["few"]),
    )
    yield line(
        "R3-pk",
        floor=shown["key"],
        ours=shown["many"],
        value=pairwise(p50["many"], p50["key"]),
        detail="both come with the player's row",
    )
    yield tried(
        "R3",
        "counting who is better, every time",
        floor=f"{shown['few']} ({sizes[SMALL]:,})",
        ours=f"{shown['counted']} ({sizes[LARGE]:,})",
        ratio=pairwise(p50["counted"], p50["few"]),
    )


def page_in_the_middle(board: Board, sizes: Mapping[str, int], plan: Plan) -> Iterator[Line]:
    def page(schema: str, number: int) -> list[Standing]:
        first = sizes[schema] // 2 + number % 100
        return queries.page(board=board, first=first, count=PAGE)

    def by_offset(number: int) -> list[Standing]:
        first = sizes[LARGE] // 2 + number % 100
        return list(queries.table(board=board)[first : first + PAGE])

    assert [row.pk for row in page(LARGE, 1)] == [row.pk for row in by_offset(1)]
    acts: dict[str, tuple[str, Call]] = {
        "few": (SMALL, lambda number: page(SMALL, number)),
        "many": (LARGE, lambda number: page(LARGE, number)),
    }
    calls = plan.pick(smoke=3, quick=30, full=100)
    p50 = in_turns(acts, sizes=sizes, calls=calls, reps=plan.reps)
    p50 |= in_turns({"offset": (LARGE, by_offset)}, sizes=sizes, calls=1, reps=plan.reps)
    shown = {name: f"{statistics.median(times):.2f} ms" for name, times in p50.items()}
    yield line(
        "R4",
        floor=f"{shown['few']} ({sizes[SMALL]:,})",
        ours=f"{shown['many']} ({sizes[LARGE]:,})",
        value=pairwise(p50["many"], p50["few"]),
    )
    yield tried(
        "R4",
        "OFFSET into the whole order",
        floor=f"{shown['few']} ({sizes[SMALL]:,})",
        ours=f"{shown['offset']} ({sizes[LARGE]:,})",
        ratio=pairwise(p50["offset"], p50["few"]),
    )


def in_turns(
    acts: Mapping[str, tuple[str, Call]], *, sizes: Mapping[str, int], calls: int, reps: int
) -> dict[str, list[float]]:
    """The p50 in milliseconds of every act, once in each turn, in the tables it names."""
    p50: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(reps):
        for name, (schema, act) in acts.items():
            boards.look_at(schema)
            p50[name].append(boards.p50_ms(act, size=sizes[schema], calls=calls))
    boards.look_at(LARGE)
    return p50
