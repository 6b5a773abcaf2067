"""A season played over recorded bars: the live sweeps under a virtual clock."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config import sweeps, timeline
from config.replay.entries import Key, Row
from league import players, seasons
from league.cadence import Slot
from league.clock import FixedClock
from league.frames import NoFrame
from league.models import League, Player, Round, Season
from league.models.round import Status
from league.players import Profile
from markets import assets as known_assets
from markets.modes import PriceMode
from predictions import house_picks, submissions
from predictions.entry_forms import InvalidEntry


class EntryRefused(Exception):
    """A row of the entries file that the league itself refused; `line` says which."""

    def __init__(self, row: Row, reason: str) -> None:
        super().__init__(reason)
        self.line = row.line


@dataclass(frozen=True, slots=True)
class Script:
    """What to play: which assets and horizons, from the first lock to the last settlement."""

    start: datetime
    end: datetime
    assets: Sequence[str]
    horizons: Sequence[str]
    cadence: dict[str, int] = field(default_factory=dict)


def prepare(script: Script) -> Season:
    """The league, its season and the built-in players of a replay, in the current database.

    :raises markets.assets.UnknownAsset: for an asset the league does not know.
    """
    known_assets.ensure_defaults()
    chosen = [known_assets.named(symbol) for symbol in script.assets]
    players.ensure_built_in(now=script.start)
    league = League.objects.create(
        slug="replay", name="Replay", horizons=list(script.horizons), cadence=script.cadence
    )
    league.assets.set(chosen)
    plan = seasons.Plan(
        slug="replay",
        name="Replay",
        price_mode=PriceMode.REPLAY,
        starts_at=script.start,
        ends_at=script.end,
    )
    return seasons.create(league=league, plan=plan)


def slots_of(season: Season) -> dict[Key, Slot]:
    """Every round the season will play, by asset, horizon and lock."""
    found = seasons.preview(
        rules=season.pinned, starts_at=season.starts_at, ends_at=season.ends_at, limit=10**7
    )
    return {(slot.asset, slot.horizon, slot.locks_at): slot for slot in found}


def play(season: Season, slots: Sequence[Slot], rows: Sequence[Row]) -> Iterator[datetime]:
    """Carry the season through every instant that matters, yielding each when it is done.

    :raises EntryRefused: when the league refuses an entry of the file.
    """
    by_lock: dict[datetime, list[Row]] = defaultdict(list)
    for row in rows:
        by_lock[row.slot.locks_at].append(row)
    people = _people(rows, now=season.starts_at)

    def on_eve(at: datetime) -> None:
        """The built-in players' final picks, then the file's entries."""
        house_picks.enter(now=at)
        for row in by_lock.get(at + timeline.EVE, []):
            _enter(row, people[row.player], season=season, at=at)

    yield from timeline.travel(slots, until=season.ends_at, on_eve=on_eve)
    yield from _wait_for_stragglers(season)


def _people(rows: Sequence[Row], *, now: datetime) -> dict[str, Player]:
    return {
        handle: players.register_human(profile=Profile(handle, handle), user=None, now=now)
        for handle in sorted({row.player for row in rows})
    }


def _enter(row: Row, player: Player, *, season: Season, at: datetime) -> None:
    round_ = Round.objects.get(
        season=season,
        asset=row.slot.asset,
        horizon=row.slot.horizon,
        locks_at=row.slot.locks_at,
    )
    try:
        submissions.enter(round_id=round_.pk, player=player, entry=row.entry, clock=FixedClock(at))
    except (InvalidEntry, NoFrame, submissions.RoundNotOpen) as refusal:
        raise EntryRefused(row, str(refusal)) from refusal


def _wait_for_stragglers(season: Season) -> Iterator[datetime]:
    """Held rounds outlive the season by their deadline at most."""
    instant = season.ends_at + timedelta(seconds=season.pinned["settle_deadline_s"])
    if (
        Round.objects.filter(season=season)
        .exclude(status__in=[Status.FINAL, Status.VOID])
        .exists()
    ):
        sweeps.run(now=instant, skip={"markets.record_quotes"})
        yield instant
