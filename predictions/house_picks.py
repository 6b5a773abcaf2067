"""The built-in players' entries: one soon after a round opens, one more just before its lock."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from league import departure
from league.clock import DATABASE, Clock, FixedClock
from league.frames import NoFrame
from league.models import Player, Round
from league.models.player import BUILT_IN, Kind
from league.models.round import Status
from league.visibility import is_public
from markets import bars
from markets.modes import PriceMode
from predictions import submissions, trials
from predictions.entry_forms import InvalidEntry
from predictions.forecasters import inputs, registry, stopwatch
from predictions.forecasters.base import Forecast, Forecaster, Inputs
from predictions.forecasters.inputs import NoHistory
from predictions.models import Prediction
from predictions.words import Note

logger = logging.getLogger(__name__)
BATCH = 500
ORDER = ("-season__league__visibility", "locks_at", "pk")  # private leagues' pace is their own
# The last words use the freshest bars, yet leave time for a slow model before the lock.
LONGEST_FINISH = timedelta(seconds=60)
FINISH_SHARE = 5


class Subject(NamedTuple):
    """Rounds that differ only in their lock share their inputs."""

    season_id: UUID
    symbol: str
    horizon: str


@dataclass(frozen=True, slots=True)
class Desk:
    """One sweep's reading of the market: each subject is observed once, when first needed."""

    now: datetime
    known: dict[Subject, Inputs | None] = field(default_factory=dict)

    def inputs_of(self, round_: Round) -> Inputs | None:
        """None while the season has too few bars."""
        subject = Subject(round_.season_id, round_.asset_id, round_.horizon)
        if subject not in self.known:
            self.known[subject] = self._observe(round_)
        return self.known[subject]

    def _observe(self, round_: Round) -> Inputs | None:
        try:
            return inputs.of_round(round_, now=self.now)
        except (NoFrame, NoHistory) as lack:
            extra = {"round": str(round_.pk), "reason": str(lack)}
            logger.info("no built-in forecast yet", extra=extra)
            return None
        except Exception as error:
            departure.heed(error)
            logger.exception("inputs not read", extra={"round": str(round_.pk)})
            return None


def enter(*, now: datetime) -> int:
    """Enter what is missing or due for its last revision. Returns the entries made.

    A forecaster that fails is logged and stops no other; the next sweep tries it again.
    """
    due = Round.objects.filter(status=Status.OPEN, opens_at__lte=now, locks_at__gt=now)
    rounds = list(due.select_related("season__league").order_by(*ORDER)[:BATCH])
    roster = {p.handle: p for p in Player.objects.filter(kind__in=BUILT_IN, is_active=True)}
    entered = _entered(rounds)
    desk, made = Desk(now), 0
    with bars.reading():
        for forecaster in registry.roster():
            player = roster.get(forecaster.handle)
            if player is None:
                continue
            waiting = [r for r in rounds if _is_due(r, entered.get((r.pk, player.pk)), now=now)]
            made += _play(forecaster, player, waiting, desk=desk)
        earnest = [r for r in rounds if is_public(r.season) and not r.season.is_sandbox]
        _try_models([r for r in earnest if now >= finish_of(r)], desk=desk)
    return made


def _try_models(rounds: Sequence[Round], *, desk: Desk) -> None:
    """The models' own forecasts: nobody's entries, so their failure is nobody's."""
    try:
        trials.enter(rounds, desk=desk)
    except Exception as error:
        departure.heed(error)
        logger.exception("models not tried", extra={"rounds": len(rounds)})
        connection.close_if_unusable_or_obsolete()


def finish_of(round_: Round) -> datetime:
    """From here to the lock, an entry is a built-in player's last word."""
    return round_.locks_at - min(LONGEST_FINISH, round_.terms.length / FINISH_SHARE)


def _entered(rounds: Sequence[Round]) -> dict[tuple[UUID, int], datetime]:
    """When each built-in player last entered each round."""
    words = Prediction.objects.filter(round__in=rounds, player__kind__in=BUILT_IN)
    columns = words.values_list("round_id", "player_id", "accepted_at")
    return {(round_id, player_id): at for round_id, player_id, at in columns}


def _is_due(round_: Round, entered_at: datetime | None, *, now: datetime) -> bool:
    """A replay has nobody watching its open rounds: its last words are its only ones."""
    is_finish = now >= finish_of(round_)
    if entered_at is None:
        return is_finish or round_.season.price_mode != PriceMode.REPLAY
    return is_finish and entered_at < finish_of(round_)


def _play(forecaster: Forecaster, player: Player, waiting: Sequence[Round], *, desk: Desk) -> int:
    asked = [(r, found) for r in waiting if (found := desk.inputs_of(r)) is not None]
    if not asked:
        return 0
    forecasts = _forecast(forecaster, [found for _, found in asked])
    is_ai = player.kind == Kind.AI
    return sum(
        _submit(round_, player, forecast, note=_note(forecast, found, is_ai=is_ai), now=desk.now)
        for (round_, found), forecast in zip(asked, forecasts, strict=True)
        if forecast is not None
    )


def _forecast(forecaster: Forecaster, batch: Sequence[Inputs]) -> list[Forecast | None]:
    """All at once; if that fails one by one, so that one sick asset silences no other."""
    try:
        return list(stopwatch.timed(forecaster, batch))
    except Exception as error:
        departure.heed(error)
        logger.exception("forecaster failed", extra={"player": forecaster.handle})
    if len(batch) == 1:
        return [None]
    return [found for inputs in batch for found in _forecast(forecaster, [inputs])]


def _submit(
    round_: Round, player: Player, forecast: Forecast, *, note: Note, now: datetime
) -> bool:
    """One refusal, such as a lock that came first, stops no other entry."""
    try:
        submissions.enter(
            round_id=round_.pk,
            player=player,
            entry=forecast.entry,
            clock=_clock(round_, now=now),
            note=note,
        )
    except (InvalidEntry, NoFrame, submissions.RoundNotOpen, submissions.Collision) as refusal:
        extra = {"round": str(round_.pk), "player": player.handle, "reason": str(refusal)}
        logger.warning("built-in entry refused", extra=extra)
        return False
    except Exception as error:
        departure.heed(error)
        # Not counted against the round: people play it all the same. The next sweep tries again.
        extra = {"round": str(round_.pk), "player": player.handle}
        logger.exception("built-in entry failed", extra=extra)
        connection.close_if_unusable_or_obsolete()
        return False
    return True


def _clock(round_: Round, *, now: datetime) -> Clock:
    """Only live rounds race people on the database clock; others live at the sweep's moment."""
    return DATABASE if round_.season.price_mode == PriceMode.LIVE else FixedClock(now)


def shown(*, reasoning: str, as_of: datetime, is_simulated: bool) -> dict[str, object]:
    """The payload repeats what the prediction's row shows, so that anybody can open its hash."""
    return {
        "as_of": as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "is_simulated": is_simulated,
        "reasoning": reasoning,
    }


def _note(forecast: Forecast, found: Inputs, *, is_ai: bool) -> Note:
    payload = shown(
        reasoning=forecast.reasoning, as_of=found.as_of, is_simulated=forecast.is_simulated
    )
    return Note(
        forecast.reasoning,
        found.as_of,
        forecast.is_simulated,
        payload,
        found.frame,
        usage=forecast.usage if is_ai else None,
    )
