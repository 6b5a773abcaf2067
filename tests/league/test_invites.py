"""Invitations: shown once, counted exactly, and refused in the same words whatever is wrong."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from pytest_django import DjangoDbBlocker

from league import invites, memberships
from league.invites import InviteRefused, IssuedInvite, UnfitExpiry, Wanted
from league.memberships import NotPermitted
from league.models import Invite, LeagueEvent, Membership
from league.models.membership import Role
from tests import disk
from tests.factories import NOON
from tests.league.test_memberships import account, founded, fresh, member

DAY = timedelta(days=1)
RACERS, USES = 12, 5


def issued(by: Membership, role: Role = Role.MEMBER, *, uses: int = 1) -> IssuedInvite:
    return invites.issue(Wanted(role, NOON + DAY, uses), by=by, now=NOON)


@pytest.fixture
def owner(db: None) -> Membership:
    return founded(account("ada"))


def test_whoever_holds_the_token_joins(owner: Membership) -> None:
    made = issued(owner)
    assert re.fullmatch(r"lg_invite_[0-9a-f]{64}", made.token)
    bela = account("bela")
    joined = invites.accept(made.token, user=bela, now=NOON)
    assert (joined.league, joined.role, joined.user) == (owner.league, Role.MEMBER, bela)
    assert Invite.objects.get().uses == 1
    told = LeagueEvent.objects.order_by("pk").values_list("deed", "actor")
    assert list(told) == [("founded", "ada"), ("invited", "ada"), ("joined", "bela")]


def test_the_token_is_stored_nowhere(owner: Membership) -> None:
    made = issued(owner)
    secret = made.token.removeprefix("lg_invite_")
    for model in (Invite, LeagueEvent):
        for row in model.objects.values():
            assert secret not in str(row)


@pytest.mark.parametrize("fate", ["unknown", "malformed", "expired", "revoked", "used up"])
def test_whatever_is_wrong_with_a_token_is_refused_in_the_same_words(
    owner: Membership, fate: str
) -> None:
    made = issued(owner)
    token, now = made.token, NOON
    if fate == "unknown":
        token = "lg_invite_" + "0" * 64
    elif fate == "malformed":
        token = token.upper()
    elif fate == "expired":
        now = NOON + DAY
    elif fate == "revoked":
        assert invites.revoke(made.invite, by=owner, now=NOON)
        assert not invites.revoke(made.invite, by=owner, now=NOON)
    else:
        invites.accept(token, user=account("first"), now=NOON)
    with pytest.raises(InviteRefused, match=f"^{re.escape(invites.REFUSAL)}$"):
        invites.accept(token, user=account("bela"), now=now)
    assert not Membership.objects.filter(user__username="bela").exists()


def test_a_member_who_accepts_again_uses_nothing_up(owner: Membership) -> None:
    made = issued(owner, uses=2)
    bela = account("bela")
    first = invites.accept(made.token, user=bela, now=NOON)
    assert invites.accept(made.token, user=bela, now=NOON).pk == first.pk
    assert invites.accept(made.token, user=owner.user, now=NOON).role == Role.OWNER
    assert Invite.objects.get().uses == 1


def test_an_operators_invitation_makes_a_member_an_operator(owner: Membership) -> None:
    bela = member(owner, "bela")
    made = issued(owner, Role.OPERATOR)
    assert invites.accept(made.token, user=bela.user, now=NOON).role == Role.OPERATOR
    assert fresh(bela).role == Role.OPERATOR


def test_only_an_owner_invites_operators_and_no_member_anybody(owner: Membership) -> None:
    operator, bela = member(owner, "otto", Role.OPERATOR), member(owner, "bela")
    issued(operator)
    theirs = issued(owner, Role.OPERATOR)
    for by, role in ((operator, Role.OPERATOR), (bela, Role.MEMBER)):
        with pytest.raises(NotPermitted):
            issued(by, role)
    with pytest.raises(NotPermitted):
        invites.revoke(theirs.invite, by=operator, now=NOON)


@pytest.mark.parametrize("days", [0, 91])
def test_an_invitation_ends_within_reach(owner: Membership, days: int) -> None:
    with pytest.raises(UnfitExpiry):
        invites.issue(Wanted(Role.MEMBER, NOON + days * DAY, 1), by=owner, now=NOON)


def test_a_league_has_so_many_open_invitations(
    owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invites, "MOST", 1)
    made = issued(owner)
    with pytest.raises(invites.TooManyInvites):
        issued(owner)
    invites.revoke(made.invite, by=owner, now=NOON)
    issued(owner)


@pytest.mark.parametrize("how", ["demoted", "removed", "left"])
def test_whoever_invites_no_more_leaves_no_way_back(owner: Membership, how: str) -> None:
    operator = member(owner, "otto", Role.OPERATOR)
    made, others = issued(operator), issued(owner)
    if how == "demoted":
        assert memberships.change_role(operator, role=Role.MEMBER, by=owner, now=NOON)
    elif how == "removed":
        assert memberships.remove(operator, by=owner, now=NOON)
    else:
        assert memberships.leave(operator, now=NOON)
    with pytest.raises(InviteRefused):
        invites.accept(made.token, user=operator.user, now=NOON)
    joined = invites.accept(others.token, user=account("bela"), now=NOON)
    assert joined.role == Role.MEMBER


@pytest.mark.parametrize(
    "fields",
    [{"uses": 2}, {"max_uses": 0}, {"max_uses": 1001}, {"role": "owner"}, {"expires_at": NOON}],
)
def test_the_database_refuses_what_cannot_be(owner: Membership, fields: dict[str, Any]) -> None:
    made = issued(owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invite.objects.filter(pk=made.invite.pk).update(**fields)


# -- at once --------------------------------------------------------------------------------------
def joining() -> list[Membership | BaseException]:
    """RACERS accounts take the USES of one invitation, one of them three times over."""
    owner = founded(account("ada"))
    made = issued(owner, uses=USES)
    people = [User.objects.create_user(f"person-{number}") for number in range(RACERS - 2)]
    everybody = [*people, people[0], people[0]]
    return disk.race(
        *[lambda user=user: invites.accept(made.token, user=user, now=NOON) for user in everybody]
    )


def judge(found: list[Membership | BaseException]) -> None:
    strange = [one for one in found if not isinstance(one, Membership | InviteRefused)]
    assert not strange
    joined = {one.user_id for one in found if isinstance(one, Membership)}
    assert len(joined) == USES
    assert Invite.objects.get().uses == USES
    assert Membership.objects.filter(role=Role.MEMBER).count() == USES
    assert LeagueEvent.objects.filter(deed="joined").count() == USES


def test_no_race_uses_an_invitation_too_often(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), disk.database(tmp_path):
        judge(joining())


def test_no_race_of_handing_over_leaves_two_owners(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), disk.database(tmp_path):
        handed_over()


def handed_over() -> None:
    """An owner hands over to six at once, and each of them leaves at that moment."""
    owner = founded(account("olga"))
    heirs = [member(owner, f"heir-{number}") for number in range(6)]
    racers = [
        *[lambda heir=heir: memberships.transfer(to=heir, by=owner, now=NOON) for heir in heirs],
        *[lambda heir=heir: memberships.leave(heir, now=NOON) for heir in heirs[:3]],
    ]
    found = disk.race(*racers)
    strange = [one for one in found if not isinstance(one, bool | NotPermitted)]
    assert not strange
    owners = Membership.objects.filter(league=owner.league, role=Role.OWNER)
    assert owners.count() == 1
    assert found[:6].count(True) == int(owners.get().pk != owner.pk)
