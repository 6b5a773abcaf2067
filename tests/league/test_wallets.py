"""Whoever signs is the player: signing in, linking, unlinking, and every way to be refused."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from chain import signatures, siwe
from chain.contract_wallets import NoAnswer
from chain.signatures import Key, MalformedSignature
from league import keys, leftovers, nonces, players, registrations, wallets
from league.models import ApiKey, Player, WalletNonce
from league.models.player import Kind
from league.nonces import NonceRefused
from league.players import HandleTaken, Profile, WalletTaken
from league.wallet_proofs import Claim, SignatureRefused
from league.wallets import SessionNeeded, SignedIn, WalletLinked, WalletSuspended, WalletUnknown
from tests.factories import NOON
from tests.league import wallet_world
from tests.league.wallet_world import ADA, EVE, claim

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def person(handle: str, wallet: Key | None = None) -> Player:
    user = User.objects.create_user(handle)
    profile = Profile(handle, handle.title(), wallet.address if wallet else None)
    return players.register_human(profile=profile, user=user, now=NOON)


def proved(handle: str, wallet: Key) -> Player:
    player = person(handle)
    return link(player, claim(wallet, to=player))


def link(player: Player, made: Claim, *, by_session: bool = True) -> Player:
    return wallets.link(player=player, claim=made, by_session=by_session, now=NOON)


def sign_in(made: Claim, *, handle: str = "", wants_key: bool = False) -> SignedIn:
    profile = Profile(handle, handle.title()) if handle else None
    scopes = keys.USUAL if wants_key else None
    return wallets.sign_in(claim=made, profile=profile, scopes=scopes, now=NOON)


def wallet_of(player: Player) -> tuple[str | None, bool]:
    player.refresh_from_db()
    return player.wallet_address, player.wallet_proved_at is not None


# -- signing in ----------------------------------------------------------------------------------
def test_the_holder_of_a_proved_wallet_is_its_player() -> None:
    ada = proved("ada", ADA)
    found = sign_in(claim(ADA))
    assert (found.player, found.is_new, found.secret) == (ada, False, None)
    assert not ApiKey.objects.exists()


def test_a_key_that_is_wanted_expires_in_thirty_days() -> None:
    ada = proved("ada", ADA)
    found = sign_in(claim(ADA), wants_key=True)
    assert found.secret
    assert found.key_expires_at == NOON + timedelta(days=30)
    last = NOON + timedelta(days=30) - timedelta.resolution
    assert keys.verify(found.secret, now=last).player == ada
    with pytest.raises(keys.KeyRejected):
        keys.verify(found.secret, now=NOON + timedelta(days=30))


def test_an_unknown_wallet_is_nobody() -> None:
    person("ada")
    made = claim(ADA)
    with pytest.raises(WalletUnknown, match="Link it"):
        sign_in(made, wants_key=True)
    assert not ApiKey.objects.exists()
    assert WalletNonce.objects.get().used_at is None


def test_naming_an_address_does_not_make_it_ones_own() -> None:
    registrations.register(profile=Profile("mallory", "M", ADA.address), now=NOON)
    with pytest.raises(WalletUnknown):
        sign_in(claim(ADA))
    assert wallet_of(Player.objects.get()) == (ADA.address, False)


def test_an_unknown_wallet_may_register_and_takes_its_address_from_whoever_named_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    mallory = registrations.register(profile=Profile("mallory", "M", ADA.address), now=NOON).player
    with caplog.at_level(logging.WARNING, "league.wallets"):
        found = sign_in(claim(ADA), handle="ada", wants_key=True)
    assert (found.is_new, wallet_of(found.player)) == (True, (ADA.address, True))
    assert found.player.user is not None
    assert not found.player.user.has_usable_password()
    assert wallet_of(mallory) == (None, False)
    assert [record.message for record in caplog.records] == ["league.wallet_taken_over"]
    assert sign_in(claim(ADA), handle="ignored").player == found.player


def test_a_handle_that_is_taken_registers_nobody_and_costs_nothing() -> None:
    mallory = registrations.register(profile=Profile("mallory", "M", ADA.address), now=NOON).player
    made = claim(ADA)
    with pytest.raises(HandleTaken):
        sign_in(made, handle="mallory")
    assert wallet_of(mallory) == (ADA.address, False)
    assert sign_in(made, handle="ada").is_new  # the nonce was given back


@pytest.mark.parametrize("which", ["player", "account"])
def test_the_suspended_do_not_sign_in(which: str) -> None:
    ada = proved("ada", ADA)
    if which == "player":
        Player.objects.filter(pk=ada.pk).update(is_active=False)
    else:
        User.objects.filter(username="ada").update(is_active=False)
    with pytest.raises(WalletSuspended):
        sign_in(claim(ADA), wants_key=True)
    assert not ApiKey.objects.exists()


def test_a_bots_wallet_does_not_sign_its_owner_in() -> None:
    owner = person("ada")
    assert owner.user
    bot = players.register_bot(profile=Profile("bot", "Bot"), owner=owner.user, now=NOON)
    link(bot, claim(ADA, to=bot), by_session=False)
    assert wallet_of(bot) == (ADA.address, True)
    with pytest.raises(WalletUnknown, match="bot"):
        sign_in(claim(ADA))


# -- what is no proof ----------------------------------------------------------------------------
def test_a_nonce_is_used_once() -> None:
    proved("ada", ADA)
    made = claim(ADA)
    sign_in(made)
    with pytest.raises(NonceRefused):
        sign_in(made)


def test_of_two_at_once_one_consumes_the_nonce() -> None:
    nonce = nonces.issue(domain="a.example", now=NOON).nonce
    nonces.require(nonce, domain="a.example", now=NOON)
    nonces.require(nonce, domain="a.example", now=NOON)
    nonces.consume(nonce, domain="a.example", now=NOON)
    with pytest.raises(NonceRefused):
        nonces.consume(nonce, domain="a.example", now=NOON)


def refuse(made: Claim, *failures: type[Exception], handle: str = "new") -> None:
    with pytest.raises(failures):
        sign_in(made, handle=handle, wants_key=True)
    assert not Player.objects.exists()
    assert not ApiKey.objects.exists()
    assert not WalletNonce.objects.filter(used_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"nonce": "f" * 32}, NonceRefused),
        ({"domain": "evil.example"}, siwe.WrongDomain),
        ({"uri": "https://evil.example"}, siwe.WrongDomain),
        ({"chain_id": 5}, siwe.WrongChain),
        ({"statement": None}, siwe.WrongStatement),
        ({"statement": "Link this wallet to the player new."}, siwe.WrongStatement),
        ({"expires_at": NOON}, siwe.Expired),
        ({"issued_at": NOON - 11 * MINUTE}, siwe.Expired),
        ({"not_before": NOON + MINUTE}, siwe.TooEarly),
        ({"issued_at": NOON + 11 * MINUTE}, siwe.TooEarly),
    ],
)
def test_a_message_for_another_place_purpose_or_time(
    changes: dict[str, Any], failure: type[Exception]
) -> None:
    refuse(claim(ADA, **changes), failure)


def test_another_sites_nonce_is_none_of_ours() -> None:
    foreign = nonces.issue(domain="other.example.org", now=NOON).nonce
    refuse(claim(ADA, nonce=foreign), NonceRefused)


def test_an_expired_nonce() -> None:
    old = nonces.issue(domain=wallet_world.terms().domain, now=NOON - 10 * MINUTE).nonce
    refuse(claim(ADA, nonce=old), NonceRefused)


def test_another_keys_signature() -> None:
    refuse(claim(ADA, by=EVE), SignatureRefused)


def test_a_signature_over_another_text() -> None:
    made = claim(ADA)
    other = ADA.sign(signatures.personal(made.message + " "))
    refuse(replace(made, signature=other), SignatureRefused)


@pytest.mark.parametrize("signature", [b"", bytes(65), b"\1" * 64, b"\1" * 66])
def test_a_malformed_signature(signature: bytes) -> None:
    refuse(replace(claim(ADA), signature=signature), MalformedSignature)


@pytest.mark.parametrize("message", ["", "hello", "\n" * 100])
def test_no_message_at_all(message: str) -> None:
    refuse(replace(claim(ADA), message=message), siwe.MalformedMessage)


# -- contract wallets ----------------------------------------------------------------------------
class Asked:
    """A node's view of contracts: what it is asked, in which transaction, and what it says."""

    def __init__(self, *, says: bool | None) -> None:
        self.says = says
        self.asked: list[tuple[str, bytes, bytes]] = []
        self.depth = 0

    def is_valid(self, *, address: str, digest: bytes, signature: bytes) -> bool:
        self.asked.append((address, digest, signature))
        self.depth = len(connection.savepoint_ids)
        if self.says is None:
            raise NoAnswer
        return self.says


def test_a_contract_wallet_signs_in_by_its_own_judgement() -> None:
    node = Asked(says=True)
    made = replace(claim(ADA, contracts=node), signature=b"\7" * 200)
    found = sign_in(made, handle="safe")
    assert wallet_of(found.player) == (ADA.address, True)
    assert node.asked == [(ADA.address, signatures.personal(made.message), b"\7" * 200)]
    assert node.depth == len(connection.savepoint_ids)  # only the test's own transaction


def test_a_key_that_signed_is_asked_of_nobody() -> None:
    node = Asked(says=False)
    sign_in(claim(ADA, contracts=node), handle="ada")
    assert node.asked == []


def test_a_contract_that_refuses_and_a_node_that_does_not_answer() -> None:
    refuse(claim(ADA, by=EVE, contracts=Asked(says=False)), SignatureRefused)
    refuse(claim(ADA, by=EVE, contracts=Asked(says=None)), NoAnswer)


def test_without_a_node_the_refusal_says_why() -> None:
    with pytest.raises(SignatureRefused, match="no node is configured"):
        sign_in(claim(ADA, by=EVE), handle="ada")


def test_no_node_is_asked_about_a_nonce_that_is_not_ours() -> None:
    node = Asked(says=True)
    refuse(claim(ADA, by=EVE, nonce="f" * 32, contracts=node), NonceRefused)
    assert node.asked == []


# -- linking and unlinking -----------------------------------------------------------------------
def test_a_player_links_a_wallet_and_signs_in_with_it() -> None:
    ada = proved("ada", ADA)
    assert wallet_of(ada) == (ADA.address, True)
    assert link(ada, claim(ADA, to=ada)) == ada  # again: nothing changes


def test_linking_agrees_to_one_player_only() -> None:
    ada, eve = person("ada"), person("eve")
    with pytest.raises(siwe.WrongStatement):
        link(eve, replace(claim(ADA, to=ada), terms=wallet_world.terms(eve)))
    with pytest.raises(siwe.WrongStatement):
        link(eve, replace(claim(ADA), terms=wallet_world.terms(eve)))


def test_a_proof_wins_over_a_mere_claim(caplog: pytest.LogCaptureFixture) -> None:
    mallory, ada = person("mallory", ADA), person("ada")
    link(ada, claim(ADA, to=ada))
    assert (wallet_of(mallory), wallet_of(ada)) == ((None, False), (ADA.address, True))
    (record,) = [each for each in caplog.records if each.name == "league.wallets"]
    assert (vars(record)["from_player_id"], vars(record)["to_player_id"]) == (mallory.pk, ada.pk)


def test_a_proof_does_not_win_over_a_proof() -> None:
    ada, eve = proved("ada", ADA), person("eve")
    with pytest.raises(WalletTaken):
        link(eve, claim(ADA, to=eve))
    assert (wallet_of(ada), wallet_of(eve)) == ((ADA.address, True), (None, False))


def test_one_wallet_at_a_time() -> None:
    ada = proved("ada", ADA)
    with pytest.raises(WalletLinked):
        link(ada, claim(EVE, to=ada))
    assert wallet_of(ada) == (ADA.address, True)
    assert wallets.unlink(player=ada, by_session=True)
    assert wallet_of(link(ada, claim(EVE, to=ada))) == (EVE.address, True)


def test_a_claimed_address_may_be_replaced_by_a_proved_one() -> None:
    ada = person("ada", EVE)
    assert wallet_of(link(ada, claim(ADA, to=ada))) == (ADA.address, True)


def test_a_key_proves_only_the_address_that_was_named() -> None:
    ada = person("ada", EVE)
    with pytest.raises(SessionNeeded):
        link(ada, claim(ADA, to=ada), by_session=False)
    assert wallet_of(link(ada, claim(EVE, to=ada), by_session=False)) == (EVE.address, True)


def test_unlinking_needs_a_session_where_the_wallet_signs_in() -> None:
    ada = proved("ada", ADA)
    with pytest.raises(SessionNeeded):
        wallets.unlink(player=ada, by_session=False)
    assert wallets.unlink(player=ada, by_session=True)
    assert not wallets.unlink(player=ada, by_session=True)
    assert wallet_of(ada) == (None, False)
    with pytest.raises(WalletUnknown):
        sign_in(claim(ADA))


def test_a_key_may_take_back_a_mere_claim() -> None:
    ada = person("ada", ADA)
    assert wallets.unlink(player=ada, by_session=False)
    assert wallet_of(ada) == (None, False)


# -- rows ----------------------------------------------------------------------------------------
def test_there_is_no_proof_without_a_wallet() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Player.objects.create(
            handle="ada", name="Ada", kind=Kind.HUMAN, registered_at=NOON, wallet_proved_at=NOON
        )


def test_nonces_are_forgotten_once_they_are_over() -> None:
    old, young = (
        nonces.issue(domain="a", now=NOON - nonces.LIFETIME).nonce,
        nonces.issue(domain="a", now=NOON).nonce,
    )
    assert len({old, young}) == 2
    assert leftovers.forget(now=NOON) == 1
    assert list(WalletNonce.objects.values_list("pk", flat=True)) == [young]
