"""What Gemini may cost a day, reserved in the database before each call and settled after it.

One conditional UPDATE reserves, so that no number of processes spends more. A day is the facts'.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, Self

from django.db.models import F

from predictions.commentary.base import CommentaryUnavailable
from predictions.models import Spending
from predictions.usage import Usage

MILLION: Final = 1_000_000


class OverBudget(CommentaryUnavailable):
    """The call was not made: the day's calls, tokens or money would not suffice for it."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Of a call: what it sent, and what came back, thoughts included."""

    sent: int = 0
    received: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of a UTC day; prices in micro-dollars for a million tokens."""

    calls: int
    tokens: int
    micro_usd: int
    price_sent: int
    price_received: int

    def price(self, of: Tokens) -> int:
        """Micro-dollars; one begun counts whole."""
        return -(-(of.sent * self.price_sent + of.received * self.price_received) // MILLION)


@dataclass(slots=True)
class Tab:
    """What the calls for one comment come to."""

    budget: Budget
    day: date
    calls: list[Tokens] = field(default_factory=list)

    @classmethod
    def opened(cls, budget: Budget, *, as_of: int) -> Self:
        """as_of: the facts', epoch seconds."""
        return cls(budget, datetime.fromtimestamp(as_of, tz=UTC).date())

    def reserve(self, most: Tokens) -> None:
        """Take one call from the day, at the most it can come to.

        :raises OverBudget: and nothing is taken.
        """
        Spending.objects.bulk_create([Spending(day=self.day)], ignore_conflicts=True)
        tokens, price = most.sent + most.received, self.budget.price(most)
        affordable = Spending.objects.filter(
            day=self.day,
            calls__lt=self.budget.calls,
            tokens__lte=self.budget.tokens - tokens,
            micro_usd__lte=self.budget.micro_usd - price,
        )
        if not affordable.update(
            calls=F("calls") + 1, tokens=F("tokens") + tokens, micro_usd=F("micro_usd") + price
        ):
            raise OverBudget("the daily allowance is spent")
        self.calls.append(most)

    def settle(self, used: Tokens) -> None:
        """Put what the last call came to in place of what was reserved for it.

        A call of which nobody says what it came to is not settled: it may have cost the most.
        """
        most = self.calls.pop()
        tokens = used.sent + used.received - most.sent - most.received
        price = self.budget.price(used) - self.budget.price(most)
        Spending.objects.filter(day=self.day).update(
            tokens=F("tokens") + tokens, micro_usd=F("micro_usd") + price
        )
        self.calls.append(used)

    def usage(self, *, seconds: float) -> Usage:
        if not self.calls:
            return Usage(seconds)
        return Usage(
            seconds,
            tokens_in=sum(call.sent for call in self.calls),
            tokens_out=sum(call.received for call in self.calls),
            micro_usd=sum(map(self.budget.price, self.calls)),
        )
