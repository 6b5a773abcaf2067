"""Walk the forecasters through recorded prices, and say what each would have been worth."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from config import arguments
from league.horizons import TABLE
from markets.consolidation import Closes
from markets.providers import recordings, replay
from predictions.backtest import plots, report, walk
from predictions.backtest.report import Plan

HORIZONS = ("1h", "24h", "7d")


class Command(BaseCommand):
    help = "Train on the past, walk through what followed, and compare with the house."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--prices", required=True, type=Path, metavar="DIR")
        parser.add_argument("--assets", required=True, metavar="BTC,ETH")
        parser.add_argument("--horizon", required=True, choices=HORIZONS)
        parser.add_argument("--train-until", required=True, metavar="ISO")
        parser.add_argument("--start", required=True, metavar="ISO", help="first lock")
        parser.add_argument("--end", required=True, metavar="ISO", help="last settlement")
        parser.add_argument("--models", default=",".join(walk.NAMES), metavar="NAME,NAME")
        parser.add_argument("--report", type=Path, metavar="FILE.json")
        parser.add_argument("--plot", type=Path, metavar="DIR")

    def handle(self, *_: Any, **options: Any) -> None:
        plan = _plan(options)
        arguments.refuse_unwritable(options["report"])
        assets = _closes(options["prices"], arguments.words("--assets", options["assets"].upper()))
        try:
            steps = tqdm(
                report.run(assets, plan), total=len(plan.names), unit="model", file=sys.stderr
            )
            found = list(steps)
        except walk.NothingToTrain as error:
            raise CommandError(f"--train-until: {error}") from error
        if not found[0].lost.locks.size:
            raise CommandError("--start/--end: no round locks and settles in this window.")
        told = report.of(found, plan)
        self._tell(told)
        if options["report"]:
            options["report"].write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        if options["plot"]:
            self._draw(found, plan, folder=options["plot"])

    def _tell(self, told: dict[str, Any]) -> None:
        window = told["window"]
        self.stdout.write(
            f"{told['horizon']}, {window['start']} to {window['end']}, "
            f"trained until {window['train_until']}"
        )
        self.stdout.write(
            f"{'model':<14}{'rounds':>8}{'WIS skill %':>13}{'95 % interval':>24}"
            f"{'coverage80':>12}{'mean points':>13}"
        )
        for row in told["models"]:
            interval = f"{row['low']:+.2f} to {row['high']:+.2f}"
            self.stdout.write(
                f"{row['name']:<14}{row['rounds']:>8}{row['wis_skill_pct']:>+13.2f}{interval:>24}"
                f"{row['coverage80']:>12.1f}{row['mean_points']:>+13.2f}"
            )

    def _draw(self, found: list[report.Answers], plan: Plan, *, folder: Path) -> None:
        shown = [answers for answers in found if answers.name != walk.TREND]
        try:
            for file in plots.draw(shown, folder=folder, title=plan.horizon.name):
                self.stdout.write(f"wrote {file}")
        except plots.NoPlotter as error:
            raise CommandError(f"--plot: {error}") from error


def _plan(options: dict[str, Any]) -> Plan:
    train_until, start, end = (
        int(arguments.instant(f"--{name.replace('_', '-')}", options[name]).timestamp())
        for name in ("train_until", "start", "end")
    )
    if not train_until <= start < end:
        raise CommandError("--train-until must not be after --start, which is before --end.")
    names = arguments.words("--models", options["models"])
    unknown = [name for name in names if name not in walk.NAMES]
    if unknown:
        raise CommandError(f"--models: unknown {unknown[0]!r}; known: {', '.join(walk.NAMES)}.")
    return Plan(TABLE[options["horizon"]], train_until, start, end, tuple(names))


def _closes(directory: Path, symbols: list[str]) -> dict[str, Closes]:
    """Each asset's hourly closes, the median over the venues that recorded it."""
    try:
        return replay.consolidated(replay.load(directory), symbols)
    except replay.Unrecorded as error:
        raise CommandError(f"--assets: {error}") from error
    except (replay.NoRecordings, recordings.MalformedPrices) as error:
        raise CommandError(f"--prices: {error}") from error
