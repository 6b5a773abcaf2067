"""Play a season over recorded prices, in a scratch database, and report every decision."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from config import arguments, timeline
from config.replay import entries, playback, report, scratch
from league.horizons import TABLE
from league.models.league import validate_cadence
from markets.assets import UnknownAsset
from markets.modes import PriceMode
from markets.providers import recordings, registry, replay


class Command(BaseCommand):
    help = "Drive the very sweeps of the league over recorded bars with a virtual clock."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--prices", required=True, type=Path, metavar="DIR")
        parser.add_argument("--start", required=True, metavar="ISO", help="first lock")
        parser.add_argument("--end", required=True, metavar="ISO", help="last settlement")
        parser.add_argument("--assets", required=True, metavar="BTC,ETH")
        parser.add_argument("--horizons", required=True, metavar="1h,24h")
        parser.add_argument("--cadence", default="", metavar="24h=86400", help="seconds per lock")
        parser.add_argument("--entries", type=Path, metavar="FILE.csv")
        parser.add_argument("--report", type=Path, metavar="FILE.json")

    def handle(self, *_: Any, **options: Any) -> None:
        script = self._script(options)
        arguments.refuse_unwritable(options["report"])
        try:
            venues = replay.load(options["prices"])
            _refuse_unrecorded(script, venues)
            for venue in venues:
                venue.preload(script.assets)
        except (replay.NoRecordings, recordings.MalformedPrices) as error:
            raise CommandError(f"--prices: {error}") from error
        with scratch.database(), registry.installed(PriceMode.REPLAY, venues):
            found = self._play(script, options["entries"])
        self._tell(found, options["report"])

    def _play(self, script: playback.Script, file: Path | None) -> report.Json:
        try:
            season = playback.prepare(script)
            slots = playback.slots_of(season)
            if not slots:
                raise CommandError("--start/--end: no round locks and settles in this window.")
            rows = entries.read(file, slots=slots) if file else []
            steps = playback.play(season, list(slots.values()), rows)
            total = len(timeline.instants_of(list(slots.values()), until=script.end))
            for _ in tqdm(steps, total=total, unit="instant", file=sys.stderr):
                pass
        except UnknownAsset as error:
            raise CommandError(f"--assets: {error}") from error
        except entries.MalformedEntries as error:
            raise CommandError(f"--entries: {error}") from error
        except playback.EntryRefused as error:
            name = file.name if file else ""
            raise CommandError(f"--entries: {name}, line {error.line}: {error}") from error
        return report.of(season)

    def _tell(self, found: report.Json, file: Path | None) -> None:
        if file:
            file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        statuses = [round_["status"] for round_ in found["rounds"]]
        tally = ", ".join(f"{statuses.count(s)} {s}" for s in sorted(set(statuses)))
        self.stdout.write(f"{len(statuses)} rounds ({tally}), {len(found['scores'])} scores")
        for row in found["standings"]:
            place = "-" if row["rank"] is None else row["rank"]
            self.stdout.write(
                f"{row['horizon']:>4} {place:>3}  {row['player']:<20}"
                f"{row['rounds']:>6} rounds {row['rating']:>+10.3f}"
            )

    def _script(self, options: dict[str, Any]) -> playback.Script:
        start, end = (arguments.instant(f"--{name}", options[name]) for name in ("start", "end"))
        if start >= end:
            raise CommandError("--end must be after --start.")
        horizons = arguments.words("--horizons", options["horizons"])
        unknown = [name for name in horizons if name not in TABLE]
        if unknown:
            raise CommandError(f"--horizons: unknown {unknown[0]!r}; known: {', '.join(TABLE)}.")
        assets = arguments.words("--assets", options["assets"].upper())
        return playback.Script(start, end, assets, horizons, _cadence(options["cadence"]))


def _cadence(text: str) -> dict[str, int]:
    try:
        pairs = [word.split("=") for word in text.split(",") if word]
        found = {name: int(seconds) for name, seconds in pairs}
        validate_cadence(found)
    except (ValueError, ValidationError) as error:
        raise CommandError(f"--cadence: {error}") from error
    return found


def _refuse_unrecorded(script: playback.Script, venues: tuple[replay.Venue, ...]) -> None:
    for symbol in script.assets:
        if not any(symbol in venue.symbols() for venue in venues):
            raise CommandError(f"--prices: no venue has recorded {symbol}.")
    for name in script.horizons:
        bar = TABLE[name].bar_s
        if not any(bar in venue.intervals for venue in venues):
            raise CommandError(f"--horizons: {name} needs {bar}-second bars; none are recorded.")
