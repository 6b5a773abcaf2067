"""A league that slept: many overdue rounds with sealed entries, written straight into the rows."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from league import players
from league.horizons import TABLE
from league.models import Player, Round, RoundEvent, Season
from league.models.round import Status
from markets.models import Asset
from predictions import words
from predictions.models import Prediction
from tests import factories
from tests.factories import NOON

STEP = timedelta(minutes=5)


def make(*, rounds: int, entries: int, symbols: Sequence[str], horizon: str = "5m") -> Season:
    """Open rounds locking every five minutes from NOON on, each with everybody's entry."""
    players.ensure_built_in(now=NOON)
    season = factories.season(factories.league(symbols=symbols, horizons=[horizon]))
    Asset.objects.exclude(pk__in=symbols).update(is_active=False)
    people = factories.humans(entries)
    made = Round.objects.bulk_create(_rounds(season, symbols, count=rounds, horizon=horizon))
    RoundEvent.objects.bulk_create(_opening(round_) for round_ in made)
    Prediction.objects.bulk_create(
        (word for round_ in made for word in _words(round_, people)), batch_size=1000
    )
    return season


def _rounds(
    season: Season, symbols: Sequence[str], *, count: int, horizon: str
) -> Iterator[Round]:
    length = TABLE[horizon].length
    for number in range(count):
        lock = NOON + (number // len(symbols)) * STEP
        yield Round(
            season=season,
            asset_id=symbols[number % len(symbols)],
            horizon=horizon,
            opens_at=lock - length,
            locks_at=lock,
            settles_at=lock + length,
            status=Status.OPEN,
            version=1,
        )


def _opening(round_: Round) -> RoundEvent:
    return RoundEvent(
        round=round_,
        version=1,
        from_status=Status.SCHEDULED,
        to_status=Status.OPEN,
        at=round_.opens_at,
    )


def _words(round_: Round, people: Sequence[Player]) -> Iterator[Prediction]:
    for number, player in enumerate(people):
        entry = factories.at_return(-30 - number, number, 40 + 2 * number)
        word = words.Word(round_, player, entry, None, round_.locks_at - timedelta(seconds=1))
        yield Prediction(round=round_, player=player, **word.columns(revision=1))


def overdue_at(season: Season) -> datetime:
    """A minute after the last round should have settled: sources are no longer waited for."""
    last = Round.objects.filter(season=season).order_by("-settles_at").first()
    assert last is not None
    return last.settles_at + timedelta(minutes=1)
