"""Wallets: whoever signs a message with one is the player it belongs to.

A player may claim an address by naming it, which proves nothing: whoever signs takes it over.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q

from league import keys, nonces, registrations, wallet_proofs
from league.models import Player
from league.models.player import Kind
from league.players import Profile, WalletTaken
from league.wallet_proofs import Claim

logger = logging.getLogger(__name__)
KEY_LIFETIME: Final = timedelta(days=30)


class WalletUnknown(Exception):
    """No player has proved this wallet to be theirs."""


class WalletSuspended(Exception):
    """The player whose wallet it is may not sign in."""


class WalletLinked(Exception):
    """The player has proved another wallet: unlink that one first."""


class SessionNeeded(Exception):
    """A key would gain a person's sign-in: only the signed-in person may give it away."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`secret` is the new key's, shown once; None when none was wanted."""

    player: Player
    is_new: bool
    secret: str | None = field(repr=False)
    key_expires_at: datetime | None


def sign_in(*, claim: Claim, profile: Profile | None, wants_key: bool, now: datetime) -> SignedIn:
    """The player whose wallet signed; with a profile, an unknown wallet registers.

    :raises WalletUnknown: and WalletSuspended, HandleTaken, WalletTaken, and what
        league.wallet_proofs.check does; nothing is written then.
    """
    message = wallet_proofs.check(claim, now=now)
    address = message.address.lower()
    with transaction.atomic(durable=True):
        nonces.consume(message.nonce, domain=claim.terms.domain, now=now)
        known = _owner(address)
        player = known or _registered(address, profile, now=now)
        expires_at = now + KEY_LIFETIME if wants_key else None
        secret = None
        if wants_key:
            secret = keys.issue(
                player=player, now=now, label="wallet", expires_at=expires_at
            ).secret
    return SignedIn(player, known is None, secret, expires_at)


def link(*, player: Player, claim: Claim, by_session: bool, now: datetime) -> Player:
    """The wallet is this player's from now on, and proved.

    :raises WalletTaken: and WalletLinked, SessionNeeded, and what league.wallet_proofs.check
        does; nothing is written then.
    """
    message = wallet_proofs.check(claim, now=now)
    address = message.address.lower()
    if not by_session and player.kind == Kind.HUMAN and player.wallet_address != address:
        raise SessionNeeded("Sign in to link a wallet; a key may only prove the one you named.")
    with transaction.atomic(durable=True):
        nonces.consume(message.nonce, domain=claim.terms.domain, now=now)
        _release(address, to=player)
        _own(player, address, now=now)
    player.refresh_from_db()
    return player


def unlink(*, player: Player, by_session: bool) -> bool:
    """Whether this call took a wallet from the player. :raises SessionNeeded:"""
    mine = Player.objects.filter(pk=player.pk, wallet_address__isnull=False)
    if not by_session and player.kind == Kind.HUMAN:
        if mine.filter(wallet_proved_at__isnull=False).exists():
            raise SessionNeeded("Sign in to unlink the wallet that you sign in with.")
        mine = mine.filter(wallet_proved_at=None)
    return bool(mine.update(wallet_address=None, wallet_proved_at=None))


def _owner(address: str) -> Player | None:
    proved = Player.objects.filter(wallet_address=address, wallet_proved_at__isnull=False)
    player = proved.select_related("user").first()
    if player is None:
        return None
    if player.kind != Kind.HUMAN:
        raise WalletUnknown("This wallet is a bot's: it signs predictions and does not sign in.")
    if not player.is_active or (player.user and not player.user.is_active):
        raise WalletSuspended("This player is suspended.")
    return player


def _registered(address: str, profile: Profile | None, *, now: datetime) -> Player:
    if profile is None:
        raise WalletUnknown(
            "No player has proved this wallet. Link it to yours: POST /api/v1/players/me/wallet."
        )
    _release(address, to=None)
    player = registrations.enrol(profile=profile, now=now)
    _own(player, address, now=now)
    player.refresh_from_db()
    return player


def _release(address: str, *, to: Player | None) -> None:
    """A claim without proof ends."""
    winner = None if to is None else to.pk
    claims = Player.objects.filter(wallet_address=address, wallet_proved_at=None)
    for loser in claims.exclude(pk=winner or 0):
        claims.filter(pk=loser.pk).update(wallet_address=None)
        ids = {"from_player_id": loser.pk, "to_player_id": winner}
        logger.warning("league.wallet_taken_over", extra=ids)


def _own(player: Player, address: str, *, now: datetime) -> None:
    free = Q(wallet_proved_at=None) | Q(wallet_address=address)
    try:
        with transaction.atomic():
            is_mine = Player.objects.filter(free, pk=player.pk).update(
                wallet_address=address, wallet_proved_at=now
            )
    except IntegrityError as error:
        raise WalletTaken("Another player has proved this wallet.") from error
    if not is_mine:
        raise WalletLinked("Unlink the wallet you have before you link another one.")
