"""I18 and I19 of what stands on a chain: silent about what is right, counting what is not."""

from datetime import UTC, datetime

import pytest

from chain import invariants
from chain.models import Anchor, Attempt, Inscription, Transaction
from chain.networks import Network
from tests.chain.evm.test_ledger import commit, pump
from tests.services.anvil import Anvil, needed

pytestmark = [pytest.mark.django_db(transaction=True), needed]
EVER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _anchored(chain: Anvil, network: Network) -> None:
    for number in (1, 2):
        commit(network, number)
    pump(2)
    assert counted() == (0, 0)


def counted() -> tuple[int, int]:
    return (
        invariants.anchors_unlike_their_inscription(EVER),
        invariants.transactions_without_their_bytes(EVER),
    )


def test_an_anchor_that_claims_otherwise_is_counted() -> None:
    Inscription.objects.filter(pk=Inscription.objects.latest("pk").pk).update(digest="ab" * 32)
    assert counted() == (1, 0)
    Inscription.objects.all().delete()
    assert counted() == (2, 0)
    Anchor.objects.update(status="wished", anchored_at=None)
    assert counted() == (0, 0)


def test_a_transaction_whose_bytes_are_gone_is_counted() -> None:
    Transaction.objects.update(hash="0x" + "cd" * 32)
    assert counted() == (0, 1)
    Attempt.objects.all().delete()
    assert counted() == (0, 2)
