"""Receivers that exist only in memory: the courier's twin for tests and for playing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from league.models.delivery import Outcome
from league.webhooks import targets
from league.webhooks.couriers import base
from league.webhooks.targets import UnsafeTarget


@dataclass(frozen=True, slots=True)
class Receiver:
    """At `addresses`; it answers with these statuses in turn, the last one for ever."""

    statuses: Sequence[int | Outcome] = (204,)
    addresses: Sequence[str] = ("198.41.0.4",)


@dataclass
class Simulated:
    """`receivers` by host; whoever is not among them has no address."""

    receivers: Mapping[str, Receiver]
    allow_loopback: bool = False
    received: list[base.Parcel] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)

    def post(self, parcel: base.Parcel) -> base.Answer:
        try:
            host = targets.read(parcel.url, allow_loopback=self.allow_loopback).host
            receiver = self.receivers.get(host)
            for address in receiver.addresses if receiver else ():
                targets.judge(address, allow_loopback=self.allow_loopback)
        except UnsafeTarget:
            return base.Answer(Outcome.BLOCKED)
        if receiver is None:
            return base.Answer(Outcome.UNRESOLVED)
        return self._answer(host, receiver, parcel)

    def _answer(self, host: str, receiver: Receiver, parcel: base.Parcel) -> base.Answer:
        turn = self.asked.get(host, 0)
        self.asked[host] = turn + 1
        said = receiver.statuses[min(turn, len(receiver.statuses) - 1)]
        if isinstance(said, Outcome):
            return base.Answer(said)
        self.received.append(parcel)
        return base.answered(said)
