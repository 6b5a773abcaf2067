"""Who decides about a private league, what each deed leaves behind, and who plays in it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction

from league import leagues, memberships, players, visibility
from league.clock import FixedClock
from league.leagues import Charter, Wish
from league.memberships import NotPermitted, OwnerStays, TooManyLeagues
from league.models import League, LeagueEvent, Membership, Player, Season
from league.models.membership import Role
from league.players import Profile
from markets import assets
from markets.models import Asset
from markets.modes import PriceMode
from predictions import entry_forms, submissions
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ENTRY = entry_forms.point(Decimal(0), basis=entry_forms.RETURN)


def account(name: str) -> User:
    return User.objects.create_user(name)


def charter(**fields: Any) -> Charter:
    assets.ensure_defaults()
    usual: dict[str, Any] = {
        "slug": "friends",
        "name": "Among friends",
        "description": "",
        "assets": list(Asset.objects.filter(pk__in=["BTC", "ETH"])),
        "horizons": ["1h"],
        "cadence": {},
        "settle_deadline_s": 1800,
    }
    return Charter(**usual | fields)


def founded(owner: User, **fields: Any) -> Membership:
    league = leagues.found(charter(**fields), founder=owner, now=NOON)
    return Membership.objects.select_related("league", "user").get(league=league)


def member(of: Membership, name: str, role: Role = Role.MEMBER) -> Membership:
    return Membership.objects.create(
        league=of.league, user=account(name), role=role, joined_at=NOON
    )


def started(by: Membership) -> Season:
    return leagues.start(Wish("Spring", NOON, NOON + 10 * DAY), by=by, now=NOON)


def fresh(one: Membership) -> Membership:
    return Membership.objects.select_related("league", "user").get(pk=one.pk)


def deeds() -> list[str]:
    return list(LeagueEvent.objects.order_by("pk").values_list("deed", flat=True))


# -- founding and starting ------------------------------------------------------------------------
def test_a_founder_owns_a_private_league_at_an_address_nobody_guesses() -> None:
    owner = founded(account("ada"))
    league = owner.league
    assert (owner.role, league.visibility) == (Role.OWNER, League.Visibility.PRIVATE)
    assert league.slug.startswith("friends-")
    assert len(league.slug) == len("friends-") + 10
    assert sorted(league.assets.values_list("pk", flat=True)) == ["BTC", "ETH"]
    assert founded(account("bela")).league.slug != league.slug
    assert deeds() == ["founded", "founded"]


def test_an_account_owns_only_so_many_leagues(settings: Any) -> None:
    settings.LEAGUES_PER_ACCOUNT = 2
    ada = account("ada")
    first = founded(ada)
    leagues.found(charter(), founder=ada, now=NOON)
    with pytest.raises(TooManyLeagues):
        leagues.found(charter(), founder=ada, now=NOON)
    assert League.objects.count() == 2
    heir = member(first, "bela")
    assert memberships.transfer(to=heir, by=first, now=NOON)
    leagues.found(charter(), founder=ada, now=NOON)
    assert Membership.objects.filter(user=ada, role=Role.OWNER).count() == 2


def test_rules_make_only_so_many_rounds_a_day(settings: Any) -> None:
    settings.LEAGUE_ROUNDS_PER_DAY = 48
    ada = account("ada")
    leagues.found(charter(), founder=ada, now=NOON)
    with pytest.raises(leagues.TooManyRounds):
        leagues.found(charter(horizons=["1h", "24h"]), founder=ada, now=NOON)
    leagues.found(charter(cadence={"1h": 7200}), founder=ada, now=NOON)


def test_an_operator_starts_a_season_with_pinned_rules_and_a_salt() -> None:
    owner = founded(account("ada"))
    operator = member(owner, "bela", Role.OPERATOR)
    season = started(operator)
    assert season.slug == f"{owner.league.slug}-1"
    assert season.price_mode == PriceMode.SIMULATED
    assert len(season.pinned["salt"]) == 32
    assert deeds() == ["founded", "season_started"]
    other = founded(account("clea"))
    assert started(other).rules_hash != season.rules_hash


def test_a_public_season_needs_no_salt() -> None:
    assert "salt" not in factories.season().pinned


def test_one_season_at_a_time() -> None:
    owner = founded(account("ada"))
    season = started(owner)
    with pytest.raises(leagues.SeasonRunning):
        started(owner)
    after = season.ends_at
    wish = Wish("Summer", after, after + DAY)
    assert leagues.start(wish, by=owner, now=after).slug.endswith("-2")


def test_a_member_starts_nothing() -> None:
    owner = founded(account("ada"))
    with pytest.raises(NotPermitted):
        started(member(owner, "bela"))
    assert not Season.objects.exists()


@pytest.mark.parametrize(
    ("starts", "ends"),
    [(-1, 5), (91, 95), (0, 0), (3, 2), (0, 367)],
    ids=["past", "far", "empty", "backwards", "endless"],
)
def test_times_are_within_reach(starts: int, ends: int) -> None:
    owner = founded(account("ada"))
    wish = Wish("Odd", NOON + starts * DAY, NOON + ends * DAY)
    with pytest.raises(leagues.UnfitTimes):
        leagues.start(wish, by=owner, now=NOON)


# -- the database's own word ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rule", "name", "role"),
    [("once_per_league", "ada", Role.MEMBER), ("one_owner", "bela", Role.OWNER),
     ("role_known", "bela", "king")],
)  # fmt: skip
def test_the_database_refuses_what_cannot_be(rule: str, name: str, role: str) -> None:
    owner = founded(account("ada"))
    user = owner.user if name == "ada" else account(name)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(league=owner.league, user=user, role=role, joined_at=NOON)
    assert Membership.objects.count() == 1, rule


# -- roles ----------------------------------------------------------------------------------------
def test_an_owner_makes_operators_and_takes_it_back() -> None:
    owner = founded(account("ada"))
    bela = member(owner, "bela")
    assert memberships.change_role(bela, role=Role.OPERATOR, by=owner, now=NOON)
    assert not memberships.change_role(fresh(bela), role=Role.OPERATOR, by=owner, now=NOON)
    assert memberships.change_role(fresh(bela), role=Role.MEMBER, by=owner, now=NOON)
    assert deeds() == ["founded", "role_changed", "role_changed"]
    assert LeagueEvent.objects.order_by("pk").values_list("actor", "about").last() == (
        "ada",
        "bela: member",
    )


def test_nobody_but_the_owner_changes_roles() -> None:
    owner = founded(account("ada"))
    operator, bela = member(owner, "otto", Role.OPERATOR), member(owner, "bela")
    for by in (operator, bela):
        with pytest.raises(NotPermitted):
            memberships.change_role(bela, role=Role.OPERATOR, by=by, now=NOON)
    with pytest.raises(OwnerStays):
        memberships.change_role(owner, role=Role.MEMBER, by=owner, now=NOON)


@pytest.mark.parametrize(
    ("by", "whom", "is_allowed"),
    [
        ("owner", "operator", True),
        ("owner", "member", True),
        ("operator", "member", True),
        ("operator", "other", False),
        ("operator", "owner", False),
        ("owner", "owner", False),
        ("member", "other", False),
        ("member", "member", False),
    ],
)
def test_who_removes_whom(by: str, whom: str, is_allowed: bool) -> None:
    owner = founded(account("ada"))
    people = {
        "owner": owner,
        "operator": member(owner, "otto", Role.OPERATOR),
        "other": member(owner, "olga", Role.OPERATOR),
        "member": member(owner, "bela"),
    }
    if is_allowed:
        assert memberships.remove(people[whom], by=people[by], now=NOON)
        assert not memberships.remove(people[whom], by=people[by], now=NOON)
        assert deeds() == ["founded", "removed"]
    else:
        with pytest.raises((NotPermitted, OwnerStays)):
            memberships.remove(people[whom], by=people[by], now=NOON)
        assert Membership.objects.count() == 4


def test_a_role_lost_a_moment_ago_decides_nothing() -> None:
    owner = founded(account("ada"))
    operator, bela = member(owner, "otto", Role.OPERATOR), member(owner, "bela")
    Membership.objects.filter(pk=operator.pk).update(role=Role.MEMBER)
    with pytest.raises(NotPermitted):
        memberships.remove(bela, by=operator, now=NOON)
    with pytest.raises(NotPermitted):
        started(operator)
    assert deeds() == ["founded"]


def test_members_leave_and_owners_hand_over_first() -> None:
    owner = founded(account("ada"))
    bela = member(owner, "bela")
    with pytest.raises(OwnerStays):
        memberships.leave(owner, now=NOON)
    with pytest.raises(NotPermitted):
        memberships.transfer(to=bela, by=bela, now=NOON)
    assert not memberships.transfer(to=owner, by=owner, now=NOON)
    assert memberships.transfer(to=bela, by=owner, now=NOON)
    assert (fresh(owner).role, fresh(bela).role) == (Role.OPERATOR, Role.OWNER)
    assert memberships.leave(fresh(owner), now=NOON)
    assert deeds() == ["founded", "transferred", "left"]


def test_a_league_is_not_handed_to_somebody_who_left() -> None:
    owner = founded(account("ada"))
    bela = member(owner, "bela")
    assert memberships.leave(fresh(bela), now=NOON)
    assert not memberships.transfer(to=bela, by=owner, now=NOON)
    assert fresh(owner).role == Role.OWNER


def test_an_organiser_takes_on_a_private_league_without_an_owner() -> None:
    staff = account("chief")
    assert not memberships.adopt(factories.league(slug="open"), user=staff, now=NOON)
    orphan = factories.league(slug="hidden", visibility="private")
    assert memberships.adopt(orphan, user=staff, now=NOON)
    assert not memberships.adopt(orphan, user=account("other"), now=NOON)
    assert Membership.objects.get(league=orphan).user == staff


# -- seeing and playing ---------------------------------------------------------------------------
def test_only_members_and_organisers_see_a_private_league() -> None:
    owner = founded(account("ada"))
    season = started(owner)
    round_ = factories.round_of(season, locks_at=NOON + DAY)
    outsider, staff = account("eve"), User.objects.create_user("chief", is_staff=True)
    for viewer, is_seen in (
        (owner.user, True), (outsider, False), (staff, True), (AnonymousUser(), False)
    ):  # fmt: skip
        assert visibility.leagues(viewer).filter(pk=owner.league_id).exists() is is_seen
        assert visibility.seasons(viewer).filter(pk=season.pk).exists() is is_seen
        assert visibility.rounds(viewer).filter(pk=round_.pk).exists() is is_seen


def test_bots_play_where_their_owner_does_and_built_in_players_everywhere() -> None:
    owner = founded(account("ada"))
    round_ = factories.round_of(started(owner), locks_at=NOON + DAY)
    built_in = players.ensure_built_in(now=NOON)["ensemble"]
    inside, outside = bot("in", owner.user), bot("out", account("eve"))
    ghost = factories.human("ghost")
    staff = bot("chief-bot", User.objects.create_user("chief", is_staff=True))
    for player, plays in (
        (built_in, True), (inside, True), (outside, False), (ghost, False), (staff, False)
    ):  # fmt: skip
        assert visibility.playable(player).filter(pk=round_.pk).exists() is plays, player


def bot(handle: str, owner: User) -> Player:
    return players.register_bot(profile=Profile(f"{handle}-x", handle), owner=owner, now=NOON)


def test_whoever_left_reads_their_word_but_changes_it_no_more() -> None:
    owner = founded(account("ada"))
    bela = member(owner, "bela")
    factories.history(until=NOON)
    locks_at = NOON + timedelta(minutes=30)
    round_ = factories.opened(factories.round_of(started(owner), locks_at=locks_at))
    player = bot("bela", bela.user)
    entered = factories.enter(round_, player, ENTRY)
    assert memberships.remove(bela, by=owner, now=NOON)
    with pytest.raises(submissions.RoundNotFound):
        factories.enter(round_, player, ENTRY)
    with pytest.raises(submissions.RoundNotFound):
        submissions.withdraw(round_id=round_.pk, player=player, clock=FixedClock(round_.opens_at))
    entered.refresh_from_db()
    assert (entered.revision, entered.is_withdrawn) == (1, False)


def test_a_membership_that_ends_while_entering_is_noticed_at_the_gate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = founded(account("ada"))
    bela = member(owner, "bela")
    factories.history(until=NOON)
    locks_at = NOON + timedelta(minutes=30)
    round_ = factories.opened(factories.round_of(started(owner), locks_at=locks_at))
    player = bot("bela", bela.user)
    usual = submissions._find

    def find(*arguments: Any) -> Any:
        found = usual(*arguments)
        assert memberships.remove(bela, by=owner, now=NOON)
        return found

    monkeypatch.setattr(submissions, "_find", find)
    with pytest.raises(submissions.RoundNotOpen):
        factories.enter(round_, player, ENTRY)
