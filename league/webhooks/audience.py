"""Who listens, and a delivery for everyone whom a piece of news concerns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from league.models import Delivery, League, Membership, Round, Webhook
from league.models.delivery import EventType

API: Final = "/api/v1"


class Listener(NamedTuple):
    webhook_id: Any
    account_id: int
    is_staff: bool
    events: Sequence[str]
    origin: str


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened: ids, and paths of this site by name.

    `account_id` is whose it is alone; without one it is for all who may see its league: for
    everybody, or for its `circle` of accounts.
    """

    type: EventType
    at: datetime
    data: Mapping[str, str | int | bool]
    paths: Mapping[str, str] = field(default_factory=dict)
    account_id: int | None = None
    circle: frozenset[int] | None = None

    def concerns(self, listener: Listener) -> bool:
        if self.type not in listener.events:
            return False
        if self.account_id is not None:
            return self.account_id == listener.account_id
        return self.circle is None or listener.is_staff or listener.account_id in self.circle


def tell(news: Iterable[News], *, now: datetime) -> int:
    """A delivery for each listener each one concerns; in the transaction of what it tells of."""
    return len(Delivery.objects.bulk_create(spread(news, listeners(), now=now)))


def listeners() -> list[Listener]:
    rows = Webhook.objects.listening().order_by("pk")
    found = rows.values_list("pk", "account_id", "account__is_staff", "events", "origin")
    return [Listener(*row) for row in found]


def accounts(type_: EventType) -> set[int]:
    """Who listens to one type."""
    return {one.account_id for one in listeners() if type_ in one.events}


def of_round(round_: Round) -> dict[str, str | int | bool]:
    """What every message about a round says of it. Its season must be at hand."""
    return {
        "round": str(round_.pk),
        "season": round_.season.slug,
        "asset": round_.asset_id,
        "horizon": round_.horizon,
        "is_simulated": round_.season.is_simulated,
    }


def circle(league: League) -> frozenset[int] | None:
    """The accounts that may see a private league; None for a public one."""
    if league.visibility == League.Visibility.PUBLIC:
        return None
    return frozenset(Membership.objects.filter(league=league).values_list("user", flat=True))


def spread(news: Iterable[News], heard: Sequence[Listener], *, now: datetime) -> list[Delivery]:
    """Not saved yet."""
    return [
        Delivery(
            webhook_id=listener.webhook_id,
            type=one.type,
            at=one.at,
            data={
                **one.data,
                "urls": {name: listener.origin + path for name, path in one.paths.items()},
            },
            due_at=now,
            created_at=now,
        )
        for one in news
        for listener in heard
        if one.concerns(listener)
    ]
