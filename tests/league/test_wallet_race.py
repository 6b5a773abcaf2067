"""One signed message sent by many at once does what it says once."""

from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from chain import siwe
from league import keys, wallets
from league.models import ApiKey, Player, WalletNonce
from league.nonces import NonceRefused
from league.players import Profile
from league.wallets import SignedIn
from tests import disk
from tests.factories import NOON
from tests.league import wallet_world
from tests.league.wallet_world import ADA

SENDERS = 6


def test_a_replay_at_the_same_moment_is_refused(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), disk.database(tmp_path):
        made = wallet_world.claim(ADA)

        def send() -> SignedIn:
            profile = Profile("ada", "Ada")
            return wallets.sign_in(claim=made, profile=profile, scopes=keys.USUAL, now=NOON)

        found = disk.race(*[send] * SENDERS)
        assert [isinstance(each, SignedIn) for each in found].count(True) == 1
        assert [isinstance(each, NonceRefused) for each in found].count(True) == SENDERS - 1
        assert (Player.objects.count(), ApiKey.objects.count()) == (1, 1)
        used = WalletNonce.objects.get()
        assert used.pk == siwe.parse(made.message).nonce
        assert used.used_at == NOON


@pytest.mark.parametrize("size", [1, 3])
def test_players_who_link_one_wallet_at_once_do_not_share_it(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker, size: int
) -> None:
    with django_db_blocker.unblock(), disk.database(tmp_path):
        people = [
            Player.objects.create(
                handle=f"player-{number}", name="P", kind="human", registered_at=NOON
            )
            for number in range(size)
        ]

        def linking(player: Player) -> Player:
            claim = wallet_world.claim(ADA, to=player)
            return wallets.link(player=player, claim=claim, by_session=True, now=NOON)

        found = disk.race(*[lambda player=player: linking(player) for player in people])
        assert [isinstance(each, Player) for each in found].count(True) == 1
        assert Player.objects.filter(wallet_address=ADA.address).count() == 1
