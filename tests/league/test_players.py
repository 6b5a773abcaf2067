from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from league import players
from league.models import Player
from league.players import Profile
from tests.factories import NOON

pytestmark = pytest.mark.django_db
WALLET = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # an EIP-55 example


def register(handle: str, wallet: str | None = None, user: User | None = None) -> Player:
    profile = Profile(handle, handle.title(), wallet)
    return players.register_human(profile=profile, user=user, now=NOON)


def test_the_built_in_players_are_made_once_in_a_fixed_order() -> None:
    first = players.ensure_built_in(now=NOON)
    again = players.ensure_built_in(now=NOON + timedelta(days=1))
    assert list(first) == [
        "house-walker", "rookie-line", "vol-scholar", "forest", "ensemble", "gemini-analyst",
        "crowd",
    ]  # fmt: skip
    assert [p.pk for p in first.values()] == sorted(p.pk for p in first.values())
    assert first == again
    assert Player.objects.count() == 7
    assert {p.kind for p in first.values()} == {"house", "ai", "crowd"}
    assert first["house-walker"].registered_at == again["house-walker"].registered_at == NOON


def test_a_missing_built_in_player_is_added_to_the_others() -> None:
    players.ensure_built_in(now=NOON)
    Player.objects.filter(handle="crowd").delete()
    assert set(players.ensure_built_in(now=NOON)) == {h for h, _, _ in players.BUILT_IN}


def test_only_the_house_and_the_crowd_and_spare_bots_are_unranked() -> None:
    found = players.ensure_built_in(now=NOON)
    assert {h for h, p in found.items() if not p.is_ranked} == {"house-walker", "crowd"}
    owner = User.objects.create_user("owner")
    primary = players.register_bot(profile=Profile("bot-1", "Bot"), owner=owner, now=NOON)
    spare = players.register_bot(
        profile=Profile("bot-2", "Bot"), owner=owner, now=NOON, is_primary=False
    )
    assert (primary.is_ranked, spare.is_ranked, register("ada").is_ranked) == (True, False, True)


def test_a_handle_is_taken_once() -> None:
    register("ada")
    with pytest.raises(players.HandleTaken, match="ada"):
        register("ada", WALLET)
    assert Player.objects.count() == 1


def test_a_wallet_is_taken_once_however_it_is_written() -> None:
    assert register("ada", WALLET).wallet_address == WALLET.lower()
    for spelling in (WALLET, WALLET.lower(), "0x" + WALLET[2:].upper()):
        with pytest.raises(players.WalletTaken):
            register("bela", spelling)
    assert Player.objects.count() == 1
    register("chidi")
    register("dana")


def test_a_second_primary_bot_is_refused_and_a_spare_is_not() -> None:
    owner = User.objects.create_user("owner")
    players.register_bot(profile=Profile("bot-1", "Bot"), owner=owner, now=NOON)
    with pytest.raises(players.PrimaryBotExists):
        players.register_bot(profile=Profile("bot-2", "Bot"), owner=owner, now=NOON)
    with pytest.raises(players.HandleTaken):
        players.register_bot(
            profile=Profile("bot-1", "Bot"), owner=owner, now=NOON, is_primary=False
        )
    assert Player.objects.count() == 1


def test_a_person_may_have_a_bot_and_is_still_found_as_themselves() -> None:
    user = User.objects.create_user("person")
    assert players.of_user(user) is None
    players.register_bot(profile=Profile("bot-1", "Bot"), owner=user, now=NOON)
    assert players.of_user(user) is None
    human = register("ada", user=user)
    assert players.of_user(user) == human


def test_a_person_who_plays_already_is_told_so() -> None:
    user = User.objects.create_user("person")
    register("ada", user=user)
    with pytest.raises(players.AlreadyPlaying, match="person"):
        register("ada-again", user=user)
    with pytest.raises(players.AlreadyPlaying):
        register("ada-again", WALLET, user=user)
    assert Player.objects.count() == 1
