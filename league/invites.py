"""Invitations into a league: 256 random bits, shown once; only their SHA-256 is kept.

A token that is unknown, expired, used up or revoked is refused in the same words, so that trying
tokens tells nothing.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F

from league import memberships
from league.models import Invite, Membership
from league.models.league_event import Deed
from league.models.membership import STEWARDS, Role

SHAPE: Final = re.compile(r"lg_invite_[0-9a-f]{64}", re.ASCII)
LONGEST: Final = timedelta(days=90)
REFUSAL: Final = "There is no such invitation, or not any more."
MOST: Final = 50  # usable ones of one league


class InviteRefused(Exception):
    """There is no such invitation, or not any more."""


class UnfitExpiry(Exception):
    """It would end before it begins, or too late."""


class TooManyInvites(Exception):
    """The league has as many open invitations as it may."""


@dataclass(frozen=True, slots=True)
class Wanted:
    role: Role
    expires_at: datetime
    max_uses: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class IssuedInvite:
    """`token` is shown once and cannot be read again."""

    invite: Invite
    token: str


def issue(wanted: Wanted, *, by: Membership, now: datetime) -> IssuedInvite:
    """:raises league.memberships.NotPermitted: for members, and for operators inviting operators;
    and UnfitExpiry, TooManyInvites.
    """
    memberships.require(by, *_inviters(wanted.role))
    if not now < wanted.expires_at <= now + LONGEST:
        raise UnfitExpiry(f"expires_at: a time to come, at most {LONGEST.days} days ahead.")
    open_ones = Invite.objects.usable(now=now).filter(league=by.league)
    if open_ones.count() >= MOST:
        raise TooManyInvites(f"A league has at most {MOST} open invitations.")
    token = f"lg_invite_{secrets.token_hex(32)}"
    with transaction.atomic(durable=True):
        memberships.hold(by)
        invite = Invite.objects.create(
            league=by.league,
            token_sha256=_digest(token),
            role=wanted.role,
            label=wanted.label,
            created_by=by.user,
            created_at=now,
            expires_at=wanted.expires_at,
            max_uses=wanted.max_uses,
        )
        about = f"{invite.pk}: {wanted.role}, {wanted.max_uses} uses"
        memberships.record(by.league, Deed.INVITED, actor=by.user, now=now, about=about)
    return IssuedInvite(invite, token)


def revoke(invite: Invite, *, by: Membership, now: datetime) -> bool:
    """Whether this call revoked it.

    :raises league.memberships.NotPermitted: for members, and for an operators' one by operators.
    """
    memberships.require(by, *_inviters(invite.role))
    with transaction.atomic(durable=True):
        memberships.hold(by)
        if not Invite.objects.filter(pk=invite.pk, revoked_at=None).update(revoked_at=now):
            return False
        about = str(invite.pk)
        memberships.record(by.league, Deed.INVITE_REVOKED, actor=by.user, now=now, about=about)
    return True


def accept(token: str, *, user: User, now: datetime) -> Membership:
    """Join, or become an operator where one was a member; whoever gains nothing uses nothing up.

    :raises InviteRefused: the same way whatever was wrong.
    """
    for _ in range(3):
        try:
            with transaction.atomic(durable=True):
                return _accept(token, user=user, now=now)
        except IntegrityError:
            continue  # the same account's other request came first: this one finds it a member
    raise InviteRefused(REFUSAL)


def _accept(token: str, *, user: User, now: datetime) -> Membership:
    found = Invite.objects.usable(now=now).filter(token_sha256=_digest(token))
    invite = found.select_related("league").first() if SHAPE.fullmatch(token) else None
    if invite is None:
        raise InviteRefused(REFUSAL)
    mine = memberships.of(invite.league, user=user)
    if mine is not None and (mine.role != Role.MEMBER or invite.role == Role.MEMBER):
        return mine
    if not found.update(uses=F("uses") + 1):  # the last use went to somebody else meanwhile
        raise InviteRefused(REFUSAL)
    if mine is None:
        mine = Membership.objects.create(
            league=invite.league, user=user, role=invite.role, joined_at=now
        )
    else:
        standing = Membership.objects.filter(pk=mine.pk, role=Role.MEMBER)
        if not standing.update(role=invite.role):  # removed meanwhile: nothing is used up
            raise InviteRefused(REFUSAL)
        mine.role = invite.role
    about = f"{invite.pk}: {invite.role}"
    memberships.record(invite.league, Deed.JOINED, actor=user, now=now, about=about)
    return mine


def _inviters(role: str) -> tuple[Role, ...]:
    """Only an owner makes operators."""
    return STEWARDS if role == Role.MEMBER else (Role.OWNER,)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
