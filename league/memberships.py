"""Who belongs to a league, and who decides about it: one owner, operators, members.

Whoever decides something is held to the role it took until that is committed, so a role lost a
moment ago is lost; and each deed leaves its event in the same commit.
"""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from league.models import Invite, League, LeagueEvent, Membership
from league.models.league_event import Deed
from league.models.membership import STEWARDS, Role


class NotPermitted(Exception):
    """The role does not allow this, or not any more."""


class OwnerStays(Exception):
    """A league is never without its owner: hand it over first."""


class TooManyLeagues(Exception):
    """The account owns as many leagues as one may."""


def of(league: League, *, user: User) -> Membership | None:
    found = Membership.objects.select_related("league", "user")
    return found.filter(league=league, user=user).first()


def require(mine: Membership, *roles: Role) -> None:
    """:raises NotPermitted: unless `mine` is one of the roles."""
    if mine.role not in roles:
        raise NotPermitted(f"This takes the role of {' or '.join(roles)}.")


def record(league: League, deed: Deed, *, actor: User, now: datetime, about: str = "") -> None:
    """In the transaction of what it tells of."""
    LeagueEvent.objects.create(
        league=league, deed=deed, at=now, actor=actor.get_username(), about=about[:200]
    )


def require_room(user: User) -> None:
    """Hold the account until the caller's transaction ends, so that two requests count as two.

    :raises TooManyLeagues: when it may own no further league.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    owned = Membership.objects.filter(user=user, role=Role.OWNER).count()
    if owned >= settings.LEAGUES_PER_ACCOUNT:
        raise TooManyLeagues(f"An account owns at most {settings.LEAGUES_PER_ACCOUNT} leagues.")


def own(league: League, *, user: User, now: datetime) -> Membership:
    """Make an account the first owner of a league; joins the caller's transaction."""
    mine = Membership.objects.create(league=league, user=user, role=Role.OWNER, joined_at=now)
    record(league, Deed.FOUNDED, actor=user, now=now)
    return mine


def adopt(league: League, *, user: User, now: datetime) -> bool:
    """A private league that nobody owns becomes an organiser's. Whether this call did it."""
    owned = Membership.objects.filter(league=league, role=Role.OWNER)
    if league.visibility != League.Visibility.PRIVATE or owned.exists():
        return False
    with transaction.atomic():
        Membership.objects.filter(league=league, user=user).delete()
        own(league, user=user, now=now)
    return True


def hold(mine: Membership) -> None:
    """Keep a role as it is until the caller's transaction ends.

    :raises NotPermitted: when it has changed or ended by now.
    """
    held = Membership.objects.select_for_update(no_key=True).filter(pk=mine.pk, role=mine.role)
    if held.first() is None:
        raise NotPermitted("Your role in this league has just changed.")


def change_role(whose: Membership, *, role: Role, by: Membership, now: datetime) -> bool:
    """Between operator and member; whether this call changed it. Who is no operator any more
    leaves no invitation behind.

    :raises NotPermitted: unless `by` is the owner, and OwnerStays for the owner's own role.
    """
    require(by, Role.OWNER)
    if whose.role == Role.OWNER:
        raise OwnerStays("The owner's role changes only by handing the league over.")
    with transaction.atomic(durable=True):
        hold(by)
        standing = Membership.objects.filter(pk=whose.pk, role=whose.role).exclude(role=role)
        if not standing.update(role=role):
            return False
        if role == Role.MEMBER:
            _withdraw_invites(whose, now=now)
        about = f"{whose.user.get_username()}: {role}"
        record(whose.league, Deed.ROLE_CHANGED, actor=by.user, now=now, about=about)
    return True


def remove(whose: Membership, *, by: Membership, now: datetime) -> bool:
    """An owner removes anybody else, an operator members; whether this call removed it.

    :raises NotPermitted: also when the role has just changed; and OwnerStays.
    """
    require(by, *STEWARDS)
    if whose.role == Role.OWNER:
        raise OwnerStays("The owner cannot be removed.")
    if by.role == Role.OPERATOR and whose.role != Role.MEMBER:
        raise NotPermitted("Only the owner removes operators.")
    with transaction.atomic(durable=True):
        hold(by)
        return _end(whose, Deed.REMOVED, actor=by.user, now=now)


def leave(mine: Membership, *, now: datetime) -> bool:
    """What one entered stays and counts. Whether this call left.

    :raises OwnerStays: for the owner of others; NotPermitted when the role has just changed.
    """
    others = Membership.objects.filter(league=mine.league).exclude(pk=mine.pk)
    if mine.role == Role.OWNER and others.exists():
        raise OwnerStays("An owner hands the league over before leaving it.")
    with transaction.atomic(durable=True):
        return _end(mine, Deed.LEFT, actor=mine.user, now=now)


def transfer(*, to: Membership, by: Membership, now: datetime) -> bool:
    """Hand the league over; the former owner stays on as an operator. Whether this call did it.

    :raises NotPermitted: unless `by` is the owner, and TooManyLeagues for the next one.
    """
    require(by, Role.OWNER)
    if to.pk == by.pk:
        return False
    with transaction.atomic(durable=True):
        hold(by)
        require_room(to.user)
        Membership.objects.filter(pk=by.pk).update(role=Role.OPERATOR)
        if not Membership.objects.filter(pk=to.pk).update(role=Role.OWNER):
            transaction.set_rollback(True)
            return False
        theirs = Invite.objects.filter(league=by.league, created_by=by.user, revoked_at=None)
        theirs.filter(role=Role.OPERATOR).update(revoked_at=now)  # only an owner makes operators
        about = to.user.get_username()
        record(to.league, Deed.TRANSFERRED, actor=by.user, now=now, about=about)
    return True


def _end(whose: Membership, deed: Deed, *, actor: User, now: datetime) -> bool:
    """Of a membership that is still what it was."""
    gone, _ = Membership.objects.filter(pk=whose.pk, role=whose.role).delete()
    if not gone:
        if Membership.objects.filter(pk=whose.pk).exists():
            raise NotPermitted("The role in this league has just changed.")
        return False
    _withdraw_invites(whose, now=now)
    record(whose.league, deed, actor=actor, now=now, about=whose.user.get_username())
    return True


def _withdraw_invites(whose: Membership, *, now: datetime) -> None:
    """Who may not invite any more must not come back by an invitation of their own."""
    left = Invite.objects.filter(league=whose.league, created_by=whose.user, revoked_at=None)
    left.update(revoked_at=now)
