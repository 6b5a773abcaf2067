"""Signing up by address or handle alone: an account without a password, a player, its key."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from league import keys, players
from league.models import Player


@dataclass(frozen=True, slots=True)
class Registered:
    player: Player
    secret: str = field(repr=False)


def register(
    *,
    profile: players.Profile,
    now: datetime,
    is_bot: bool = False,
    scopes: Sequence[str] = keys.USUAL,
) -> Registered:
    """All three rows or none; a bot is its account's only player, and its primary bot.

    :raises league.players.HandleTaken: or WalletTaken.
    """
    with transaction.atomic(durable=True):
        player = (enrol_bot if is_bot else enrol)(profile=profile, now=now)
        issued = keys.issue(player=player, now=now, label="registration", scopes=scopes)
    return Registered(player, issued.secret)


def enrol(*, profile: players.Profile, now: datetime) -> Player:
    """The account and its player, within the caller's transaction. :raises: as `register`."""
    return players.register_human(profile=profile, user=_account(profile), now=now)


def enrol_bot(*, profile: players.Profile, now: datetime) -> Player:
    """The same for a bot. :raises: as `register`."""
    return players.register_bot(profile=profile, owner=_account(profile), now=now)


def _account(profile: players.Profile) -> User:
    """:raises league.players.HandleTaken: when an account has this name already."""
    try:
        with transaction.atomic():
            return User.objects.create_user(username=profile.handle, password=None)
    except IntegrityError as error:
        raise players.HandleTaken(profile.handle) from error
