"""`league`: rounds, predict, me, leaderboard, verify and register from a terminal.

Exit status: 0 done (verify: verified), 1 rejected (failed), 2 wrong usage (undecided),
75 try again later.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from league_client import entries, reading, verify
from league_client.failures import LeagueError, Retryable
from league_client.league import League

TRY_LATER: Final = 75  # EX_TEMPFAIL
ROUND: Final = ("id", "asset", "horizon", "status", "locks_at", "settles_at")
STANDING: Final = ("rank", "player", "kind", "rounds", "mean_points", "rating", "provisional")
Options = argparse.Namespace


def rounds(league: League, options: Options) -> int:
    wanted = {"asset": options.asset, "horizon": options.horizon, "season": options.season}
    is_open = options.status is None
    found = (
        league.open_rounds(**wanted) if is_open else league.rounds(status=options.status, **wanted)
    )
    return show(list(first(found, options.most)), ROUND, as_json=options.json)


def leaderboard(league: League, options: Options) -> int:
    found = league.leaderboard(
        season=options.season, horizon=options.horizon, kind=options.kind, player=options.player
    )
    return show(list(first(found, options.most)), STANDING, as_json=options.json)


def me(league: League, options: Options) -> int:
    told = league.me()
    mine = [dict(one) for one in first(league.predictions(), options.most)]
    print(json.dumps({"player": told, "predictions": mine}, indent=2))
    return 0


def predict(league: League, options: Options) -> int:
    made: Any
    if options.file is not None:
        items = json.loads(options.file.read_text(encoding="utf-8"))
        made = (league.preview_all if options.dry_run else league.predict_all)(items)
    else:
        send = league.preview if options.dry_run else league.predict
        made = send(options.round, entry_of(options))
    print(json.dumps(made, indent=2))
    return 0


def register(league: League, options: Options) -> int:
    made = league.register(
        options.handle, kind=options.kind, address=options.address, scopes=options.scopes
    )
    print(json.dumps(made, indent=2))
    print("Keep api_key: it is shown once. LEAGUE_KEY takes it.", file=sys.stderr)
    return 0


def check(league: League, options: Options) -> int:
    """A file is checked as `python -m league_client.verify` does, without asking anybody."""
    named = ("ledger", "head", "rpc", "chain_id", "contract")
    given = {name: str(getattr(options, name)) for name in named if getattr(options, name)}
    if Path(options.receipt).exists():
        words = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
        return verify.main([options.receipt, *words])
    node = None
    if options.rpc:
        node = verify.Node(options.rpc, options.chain_id, options.contract)
    found = league.check(options.receipt, node=node)
    if options.save:
        Path(options.save).write_text(json.dumps(found.receipt), encoding="utf-8")
    for step in found.steps:
        print(f"{step.status:8}{step.name:16}{step.detail}")
    print(found.verdict.upper())
    return verify.verdict(found.steps)


def entry_of(options: Options) -> entries.Entry:
    if options.prob_up is not None:
        return entries.prob_up(options.prob_up)
    if options.point is not None:
        return entries.point(options.point, basis=options.basis)
    return entries.quantiles(options.p10, options.p50, options.p90, basis=options.basis)


def first(rows: Any, most: int) -> Any:
    """No more pages are asked for than that needs."""
    return (row for row, _ in zip(rows, range(most), strict=False))


def show(rows: Sequence[Any], columns: Sequence[str], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(rows, indent=2))
        return 0
    texts = [columns, *([str(row[name]) for name in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for text in texts:
        padded = [word.ljust(width) for word, width in zip(text, widths, strict=True)]
        print("  ".join(padded).rstrip())
    return 0


COMMANDS: Final[dict[str, Callable[[League, Options], int]]] = {
    "rounds": rounds,
    "predict": predict,
    "me": me,
    "leaderboard": leaderboard,
    "verify": check,
    "register": register,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    options = reading.read(arguments, os.environ)
    league = League(options.url, options.key, patience_s=options.patience)
    try:
        return COMMANDS[options.command](league, options)
    except LeagueError as failure:
        print(failure, file=sys.stderr)
        return TRY_LATER if isinstance(failure, Retryable) else 1


if __name__ == "__main__":
    sys.exit(main())
