"""Many processes' worth of callers reserve from one day's budget on PostgreSQL."""

from datetime import date

import pytest
from pytest_django import DjangoDbBlocker

from predictions.commentary.budget import Budget, OverBudget, Tab, Tokens
from predictions.models import Spending
from tests import disk
from tests.chaos import engine
from tests.services import servers

RACERS, ROUNDS = 12, 5
AS_OF = 1_704_070_800
MILLION = 1_000_000
BUDGET = Budget(calls=1_000, tokens=700, micro_usd=700, price_sent=MILLION, price_received=MILLION)


@pytest.mark.services
def test_no_interleaving_spends_more_than_there_is(
    postgres: servers.Postgres, django_db_blocker: DjangoDbBlocker
) -> None:
    """Each takes a bound of 100 and gives 50 back, again and again, while 700 are all there is."""

    def spend() -> int:
        made = 0
        for _ in range(ROUNDS):
            tab = Tab.opened(BUDGET, as_of=AS_OF)
            try:
                tab.reserve(Tokens(40, 60))
            except OverBudget:
                continue
            assert Spending.objects.get().tokens <= BUDGET.tokens
            tab.settle(Tokens(20, 30))
            made += 1
        return made

    with django_db_blocker.unblock(), engine.database(postgres):
        found = disk.race(*[spend] * RACERS)
        counts = [each for each in found if isinstance(each, int)]
        assert len(counts) == RACERS, found
        row = Spending.objects.get(day=date(2024, 1, 1))
        assert row.calls == sum(counts) >= 7
        assert row.tokens == row.micro_usd == 50 * row.calls
        # Afterwards what is left is still there, to the last unit: 13 calls leave 50.
        spent_alone = sum(spend() for _ in range(3))
        assert row.calls + spent_alone == 13
