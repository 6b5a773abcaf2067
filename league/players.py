"""Who competes: people, their bots, and the built-in players."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from league.models import Player
from league.models.player import Kind

ADDRESS = re.compile(r"\A0x[0-9a-fA-F]{40}\Z")
BUILT_IN = (
    ("house-walker", "House Walker", Kind.HOUSE),
    ("rookie-line", "Rookie Line", Kind.AI),
    ("vol-scholar", "Vol Scholar", Kind.AI),
    ("forest", "Forest", Kind.AI),
    ("ensemble", "Ensemble", Kind.AI),
    ("gemini-analyst", "Gemini Analyst", Kind.AI),
    ("crowd", "Crowd", Kind.CROWD),
)


class HandleTaken(Exception):
    """Another player already has this handle."""


class WalletTaken(Exception):
    """Another player already names this wallet address."""


class AlreadyPlaying(Exception):
    """The person already has a player."""


class PrimaryBotExists(Exception):
    """The owner already has a primary bot."""


@dataclass(frozen=True, slots=True)
class Profile:
    handle: str
    name: str
    wallet_address: str | None = None


def ensure_built_in(*, now: datetime) -> dict[str, Player]:
    """The built-in players by handle, created where missing, always in the same order."""
    found = {}
    for handle, name, kind in BUILT_IN:
        found[handle], _ = Player.objects.get_or_create(
            handle=handle, defaults={"name": name, "kind": kind, "registered_at": now}
        )
    return found


def register_human(
    *, profile: Profile, user: User | None, now: datetime, is_demo: bool = False
) -> Player:
    """:raises HandleTaken: or WalletTaken, AlreadyPlaying, and nothing is written."""
    return _register(
        Player(
            handle=profile.handle,
            name=profile.name,
            kind=Kind.HUMAN,
            user=user,
            is_demo=is_demo,
            wallet_address=profile.wallet_address and profile.wallet_address.lower(),
            registered_at=now,
        )
    )


def register_bot(
    *, profile: Profile, owner: User, now: datetime, is_primary: bool = True
) -> Player:
    """:raises HandleTaken: or WalletTaken, PrimaryBotExists, and nothing is written."""
    return _register(
        Player(
            handle=profile.handle,
            name=profile.name,
            kind=Kind.BOT,
            user=owner,
            is_primary=is_primary,
            wallet_address=profile.wallet_address and profile.wallet_address.lower(),
            registered_at=now,
        )
    )


def of_user(user: User) -> Player | None:
    """The human player of a signed-in person."""
    return Player.objects.filter(user=user, kind=Kind.HUMAN).first()


def _register(player: Player) -> Player:
    try:
        with transaction.atomic():
            player.save(force_insert=True)
    except IntegrityError as error:
        raise _collision(player) from error
    return player


def _collision(player: Player) -> Exception:
    """Which unique rule refused the row: asked afterwards, because the insert is the judge."""
    if Player.objects.filter(handle=player.handle).exists():
        return HandleTaken(player.handle)
    wallet = player.wallet_address
    if wallet and Player.objects.filter(wallet_address=wallet).exists():
        return WalletTaken(wallet)
    if player.kind == Kind.BOT:
        return PrimaryBotExists(player.handle)
    if player.user and of_user(player.user):
        return AlreadyPlaying(player.user.username)
    return WalletTaken(player.wallet_address or player.handle)
