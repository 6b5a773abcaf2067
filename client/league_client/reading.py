"""What may be typed after `league`."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from league_client import entries

SCOPES = ("read", "predict", "webhook")


def read(arguments: Sequence[str] | None, environment: Mapping[str, str]) -> argparse.Namespace:
    """Ends the process with status 2 when they are no command."""
    made = parser(environment)
    options = made.parse_args(arguments)
    if options.command == "predict" and not is_entry(options):
        made.error("predict: give a round with --p10 --p50 --p90, --point or --prob-up, or --file")
    if options.command == "verify" and options.rpc and not (options.chain_id and options.contract):
        made.error("verify: --rpc needs --chain-id and --contract")
    return options


def is_entry(options: argparse.Namespace) -> bool:
    """One form and no other, for one round; or a file of them."""
    levels = [options.p10, options.p50, options.p90]
    forms = [any(levels), options.point, options.prob_up]
    if options.file is not None:
        return options.round is None and not any(forms)
    is_whole = all(levels) or not any(levels)
    return options.round is not None and is_whole and sum(map(bool, forms)) == 1


def parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="league", description="The prediction league's command line."
    )
    usual = environment.get("LEAGUE_URL", "http://127.0.0.1:8000")
    made.add_argument("--url", default=usual, help=f"the league's address (LEAGUE_URL): {usual}")
    made.add_argument(
        "--key", default=environment.get("LEAGUE_KEY", ""), help="an API key (better: LEAGUE_KEY)"
    )
    made.add_argument(
        "--patience", type=float, default=60.0, metavar="SECONDS", help="to wait in all: 60"
    )
    commands = made.add_subparsers(dest="command", required=True)
    add_lists(commands)
    add_predict(commands)
    add_register(commands)
    add_verify(commands)
    return made


def add_lists(commands: Any) -> None:
    rounds = commands.add_parser("rounds", help="what can be predicted")
    rounds.add_argument("--status", help="those that take entries now unless named")
    board = commands.add_parser("leaderboard", help="who is best")
    board.add_argument("--kind", choices=("human", "bot", "ai", "house", "crowd"))
    board.add_argument("--player", help="a handle: its place alone")
    for one in (rounds, board):
        one.add_argument("--season")
        one.add_argument("--horizon")
        one.add_argument("--json", action="store_true", help="everything, for programs")
    rounds.add_argument("--asset")
    me = commands.add_parser("me", help="who you are, and your newest predictions")
    for one in (rounds, board, me):
        one.add_argument("--most", type=int, default=20, metavar="N", help="rows: 20")


def add_predict(commands: Any) -> None:
    made = commands.add_parser(
        "predict", help="say what you expect: --p10 --p50 --p90, --point or --prob-up"
    )
    made.add_argument("round", nargs="?", help="a round's id")
    made.add_argument("--basis", choices=("price", "return"), default="price")
    for level in ("p10", "p50", "p90", "point", "prob-up"):
        made.add_argument(f"--{level}", type=number)
    made.add_argument("--file", type=Path, help="a JSON list of entries, each with its round")
    made.add_argument("--dry-run", action="store_true", help="only check, and say what it means")


def number(text: str) -> str:
    try:
        return entries.plain(text)
    except ArithmeticError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from error


def add_register(commands: Any) -> None:
    made = commands.add_parser("register", help="sign up, where the operator lets anybody")
    made.add_argument("handle")
    made.add_argument("--kind", choices=("bot", "human"), default="bot")
    made.add_argument("--address", help="a wallet's, if you want to link one later")
    made.add_argument("--scopes", nargs="+", choices=SCOPES, default=SCOPES[:2])


def add_verify(commands: Any) -> None:
    made = commands.add_parser("verify", help="check a receipt here, believing nobody")
    made.add_argument("receipt", help="a prediction's id, or a saved receipt")
    made.add_argument("--ledger", help="with a saved receipt: the saved ledger")
    made.add_argument("--head", help="with --ledger: a head you know")
    made.add_argument("--rpc", help="a node of the chain you trust")
    made.add_argument("--chain-id", type=int, help="with --rpc: the league's chain")
    made.add_argument("--contract", type=str.lower, help="with --rpc: the league's contract")
    made.add_argument("--save", metavar="FILE", help="keep the receipt that was fetched")
