import hashlib
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from league import heirs, keys
from league.heirs import KeyTooStrong
from league.keys import IssuedKey, KeyRejected
from league.models import ApiKey, Player
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def issued() -> IssuedKey:
    return keys.issue(player=factories.human("ada"), now=NOON, label="bot", scopes=("predict",))


def test_an_issued_key_opens_its_player(issued: IssuedKey) -> None:
    found = keys.verify(issued.secret, now=NOON)
    assert found.player.handle == "ada"
    assert (found.scopes, found.label) == (["predict"], "bot")


def test_the_secret_is_long_and_kept_nowhere(issued: IssuedKey) -> None:
    prefix, secret = issued.secret.removeprefix("lg_live_").split("_")
    assert len(bytes.fromhex(secret)) == 32
    assert issued.key.prefix == prefix
    row = ApiKey.objects.filter(pk=issued.key.pk).values().get()
    assert secret not in str(row)
    assert row["secret_sha256"] == hashlib.sha256(secret.encode()).hexdigest()
    other = keys.issue(player=issued.key.player, now=NOON)
    assert other.secret != issued.secret


def test_a_wrong_key_is_rejected_with_the_same_words(issued: IssuedKey) -> None:
    prefix, secret = issued.secret.removeprefix("lg_live_").split("_")
    flipped = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    other = keys.issue(player=factories.human("bela"), now=NOON)
    wrong = [
        "", "lg_live_", "nonsense", issued.secret + "0", issued.secret.upper(),
        " " + issued.secret,
        issued.secret + "\n", f"lg_live_{prefix}_{flipped}", f"lg_live_{'0' * 16}_{secret}",
        f"lg_live_{other.key.prefix}_{secret}", f"lg_test_{prefix}_{secret}", "lg_live_\u0660" * 9,
        f"lg_live_{prefix}_{'0' * 64}",
    ]  # fmt: skip
    words = set()
    for token in wrong:
        with pytest.raises(KeyRejected) as error:
            keys.verify(token, now=NOON)
        words.add(str(error.value))
    assert len(words) == 1


def test_its_last_use_is_noted_to_the_hour(
    issued: IssuedKey, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    hour = timedelta(hours=1)
    for now, noted in (
        (NOON, NOON), (NOON + hour - SECOND, NOON), (NOON + hour, NOON + hour),
    ):  # fmt: skip
        with django_assert_num_queries(1 + (now == noted)):
            keys.verify(issued.secret, now=now)
        issued.key.refresh_from_db()
        assert issued.key.last_used_at == noted


def test_a_key_ends_at_its_expiry(issued: IssuedKey) -> None:
    until = keys.issue(player=issued.key.player, now=NOON, expires_at=NOON + SECOND)
    assert keys.verify(until.secret, now=NOON) == until.key
    with pytest.raises(KeyRejected):
        keys.verify(until.secret, now=NOON + SECOND)


def test_a_revoked_key_is_rejected_and_revoked_once(issued: IssuedKey) -> None:
    assert keys.revoke(issued.key, now=NOON) is True
    assert keys.revoke(issued.key, now=NOON + SECOND) is False
    assert ApiKey.objects.get(pk=issued.key.pk).revoked_at == NOON
    with pytest.raises(KeyRejected):
        keys.verify(issued.secret, now=NOON)


# -- keys that keys made ----------------------------------------------------------------------
def passed_on(parent: IssuedKey, **changes: Any) -> IssuedKey:
    wish: dict[str, Any] = {"label": "", "scopes": ("predict",), "expires_at": None}
    return heirs.pass_on(parent.key, now=NOON, **(wish | changes))


def test_what_a_key_issued_is_revoked_with_it_through_every_generation(
    issued: IssuedKey,
) -> None:
    child = passed_on(issued)
    grandchild = passed_on(child)
    sibling = keys.issue(player=issued.key.player, now=NOON)
    assert keys.verify(grandchild.secret, now=NOON).player == issued.key.player
    assert keys.revoke(issued.key, now=NOON)
    for one in (issued, child, grandchild):
        with pytest.raises(KeyRejected):
            keys.verify(one.secret, now=NOON)
    assert keys.verify(sibling.secret, now=NOON) == sibling.key


def test_a_child_is_revoked_alone(issued: IssuedKey) -> None:
    child = passed_on(issued)
    assert keys.revoke(child.key, now=NOON)
    assert keys.verify(issued.secret, now=NOON) == issued.key


def test_a_revoked_parent_finds_the_heirs_of_a_revoked_child(issued: IssuedKey) -> None:
    child = passed_on(issued)
    grandchild = passed_on(child)
    ApiKey.objects.filter(pk=child.key.pk).update(revoked_at=NOON)
    keys.revoke(issued.key, now=NOON)
    with pytest.raises(KeyRejected):
        keys.verify(grandchild.secret, now=NOON)


def turned(old: IssuedKey, *, by: IssuedKey | None) -> IssuedKey:
    return keys.rotate(
        old.key,
        overlap=timedelta(0),
        expires_at=None,
        by=None if by is None else by.key,
        now=NOON,
    )


def test_a_key_that_rotated_itself_takes_its_successor_along_only_if_revoked(
    issued: IssuedKey,
) -> None:
    new = turned(issued, by=issued)
    with pytest.raises(KeyRejected):
        keys.verify(issued.secret, now=NOON)
    assert keys.verify(new.secret, now=NOON + SECOND) == new.key
    keys.revoke(issued.key, now=NOON)
    with pytest.raises(KeyRejected):
        keys.verify(new.secret, now=NOON)


def test_a_key_rotated_by_its_owner_stands_alone_but_stays_an_heir(issued: IssuedKey) -> None:
    new = turned(issued, by=None)
    keys.revoke(issued.key, now=NOON)
    assert keys.verify(new.secret, now=NOON) == new.key
    child = passed_on(new)
    child.key.refresh_from_db()
    grown = turned(child, by=None)
    keys.revoke(new.key, now=NOON)
    with pytest.raises(KeyRejected):
        keys.verify(grown.secret, now=NOON)


def test_a_key_revoked_meanwhile_issues_none(issued: IssuedKey) -> None:
    keys.revoke(issued.key, now=NOON)
    with pytest.raises(KeyRejected):
        passed_on(issued)
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    "wish",
    [{"scopes": ("read",)}, {"scopes": ("predict", "webhook")}, {"expires_at": NOON + 2 * SECOND}],
)
def test_a_key_issues_none_stronger_than_itself(issued: IssuedKey, wish: dict[str, Any]) -> None:
    until = keys.issue(
        player=issued.key.player, now=NOON, scopes=("predict",), expires_at=NOON + SECOND
    )
    with pytest.raises(KeyTooStrong):
        passed_on(until, **({"expires_at": NOON + SECOND} | wish))
    with pytest.raises(KeyTooStrong):
        passed_on(until)
    assert passed_on(until, expires_at=NOON + SECOND).key.scopes == ["predict"]


def test_a_suspended_players_key_is_rejected(issued: IssuedKey) -> None:
    Player.objects.update(is_active=False)
    with pytest.raises(KeyRejected):
        keys.verify(issued.secret, now=NOON)


def test_what_a_rotated_key_issued_ends_with_it(issued: IssuedKey) -> None:
    child = heirs.pass_on(
        issued.key, now=NOON, label="", scopes=issued.key.scopes, expires_at=None
    )
    fresh = keys.rotate(
        issued.key, overlap=timedelta(0), expires_at=None, by=None, now=NOON + SECOND
    )
    later = NOON + 2 * SECOND
    for secret in (issued.secret, child.secret):
        with pytest.raises(KeyRejected):
            keys.verify(secret, now=later)
    assert keys.verify(fresh.secret, now=later).player == issued.key.player


# -- remembered -----------------------------------------------------------------------------------
def test_a_remembered_key_is_not_looked_up_again(
    issued: IssuedKey, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):  # its first use is noted
        first = keys.recall(issued.secret, now=NOON)
    with django_assert_num_queries(0):
        again = keys.recall(issued.secret, now=NOON + 29 * SECOND)
        assert again.player.handle == first.player.handle == "ada"
    with django_assert_num_queries(1):
        keys.recall(issued.secret, now=NOON + 30 * SECOND)


def test_another_secret_behind_a_remembered_prefix_is_rejected(issued: IssuedKey) -> None:
    keys.recall(issued.secret, now=NOON)
    wrong = issued.secret[:-1] + ("0" if issued.secret[-1] != "0" else "1")
    with pytest.raises(KeyRejected):
        keys.recall(wrong, now=NOON)
    assert keys.recall(issued.secret, now=NOON) == issued.key


def test_revoking_forgets_at_once_in_this_process(issued: IssuedKey) -> None:
    keys.recall(issued.secret, now=NOON)
    keys.revoke(issued.key, now=NOON)
    with pytest.raises(KeyRejected):
        keys.recall(issued.secret, now=NOON)


def test_a_remembered_key_ends_at_its_expiry_all_the_same(issued: IssuedKey) -> None:
    until = keys.issue(player=issued.key.player, now=NOON, expires_at=NOON + 5 * SECOND)
    assert keys.recall(until.secret, now=NOON) == until.key
    with pytest.raises(KeyRejected):
        keys.recall(until.secret, now=NOON + 5 * SECOND)
