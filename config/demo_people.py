"""Invented people for the demonstration season; flagged, so nobody takes them for real."""

import random
from datetime import datetime
from decimal import Decimal

from config.timeline import EVE
from league import frames, players
from league.clock import FixedClock
from league.frames import Frame
from league.models import Player, Round, Season
from league.models.round import Status
from league.players import Profile
from predictions import entry_forms, submissions
from predictions.entry_forms import Entry

# Each leans and doubts in a way of their own: (name, lean in sigmas, width against the house's).
PEOPLE = (
    ("Ada", 0.0, 1.0),
    ("Bela", 0.1, 0.9),
    ("Chidi", -0.1, 1.0),
    ("Dana", 0.05, 1.4),
    ("Emre", -0.05, 0.6),
    ("Freya", 0.2, 1.2),
)
Person = tuple[Player, float, float]


def ensure(*, now: datetime) -> list[Person]:
    return [(_player(name, now=now), lean, width) for name, lean, width in PEOPLE]


def enter(people: list[Person], *, season: Season, at: datetime) -> None:
    """Everybody's word on the rounds that lock a second from now."""
    rounds = Round.objects.filter(season=season, status=Status.OPEN, locks_at=at + EVE)
    for round_ in rounds.select_related("season").order_by("horizon", "asset"):
        frame = frames.provisional(round_, now=at)
        for person in people:
            submissions.enter(
                round_id=round_.pk,
                player=person[0],
                entry=_word(person, round_=round_, frame=frame),
                clock=FixedClock(at),
            )


def _player(name: str, *, now: datetime) -> Player:
    profile = Profile(f"demo-{name.lower()}", f"{name} (demo)")
    known = Player.objects.filter(handle=profile.handle).first()
    return known or players.register_human(profile=profile, user=None, now=now, is_demo=True)


def _word(person: Person, *, round_: Round, frame: Frame) -> Entry:
    player, lean, width = person
    # A generator of its own for every word makes the demo the same on every machine.
    seed = f"{player.handle} {round_.asset_id} {round_.horizon} {round_.locks_at}"
    dice = random.Random(seed)  # noqa: S311 - a demonstration, nothing secret
    shift = dice.gauss(lean, 0.1)
    form = dice.choice((entry_forms.QUANTILES, entry_forms.POINT, entry_forms.PROB_UP))
    if form == entry_forms.PROB_UP:
        return entry_forms.prob_up(Decimal(str(round(0.5 + shift / 10, 2))))
    if form == entry_forms.POINT:
        return entry_forms.point(frame.price_at(shift * frame.sigma_bp))
    low, middle, high = (
        frame.price_at(shift * frame.sigma_bp + width * level) for level in frame.house_bp()
    )
    return entry_forms.quantiles(low, middle, high)
