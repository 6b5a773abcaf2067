"""Signing up by wallet address alone: an account without a password, a player and its key."""

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


def register(*, profile: players.Profile, now: datetime) -> Registered:
    """All three rows or none.

    :raises league.players.HandleTaken: or WalletTaken.
    """
    with transaction.atomic(durable=True):
        player = enrol(profile=profile, now=now)
        issued = keys.issue(player=player, now=now, label="registration")
    return Registered(player, issued.secret)


def enrol(*, profile: players.Profile, now: datetime) -> Player:
    """The account and its player, within the caller's transaction. :raises: as `register`."""
    return players.register_human(profile=profile, user=_account(profile), now=now)


def _account(profile: players.Profile) -> User:
    """:raises league.players.HandleTaken: when an account has this name already."""
    try:
        with transaction.atomic():
            return User.objects.create_user(username=profile.handle, password=None)
    except IntegrityError as error:
        raise players.HandleTaken(profile.handle) from error
