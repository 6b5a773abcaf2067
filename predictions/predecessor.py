"""The predecessor's one-call prediction: a point for ETH in the season running now."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from league import frames
from league.answers import Once
from league.clock import Clock
from league.horizons import TABLE
from league.models import Player, Round, Season
from league.models.round import Status
from predictions import entry_forms, submissions
from predictions.submissions import Accepted
from predictions.vows import Said

SYMBOL = "ETH"


class NoOpenRound(Exception):
    """No round takes such a prediction at this moment."""


class NotYourAddress(Exception):
    """The address given is not the wallet address of the player asking."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the predecessor's clients send: a wallet address and a price."""

    address: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Placed:
    round_: Round
    accepted: Accepted
    house: frames.Frame


def place(
    *, player: Player, asked: Asked, now: datetime, clock: Clock, once: Once[Placed]
) -> Placed:
    """Enter the price as a point in the next open ETH round of the longest horizon.

    :raises NotYourAddress: and NoOpenRound, and what predictions.submissions.enter_once raises.
    """
    if player.wallet_address != asked.address:
        raise NotYourAddress("user_address is not your player's wallet address.")
    round_ = next_round(now=now)
    placing = _Placing(once, round_, frames.provisional(round_, now=now))
    accepted = submissions.enter_once(
        round_id=round_.pk,
        player=player,
        said=Said(entry_forms.point(asked.value)),
        clock=clock,
        once=placing,
    )
    return placing.placed(accepted)


@dataclass(frozen=True, slots=True)
class _Placing:
    """Shows the request's `once` the whole placement where the entry shows only itself."""

    once: Once[Placed]
    round_: Round
    house: frames.Frame

    def claim(self) -> None:
        self.once.claim()

    def keep(self, accepted: Accepted) -> None:
        self.once.keep(self.placed(accepted))

    def placed(self, accepted: Accepted) -> Placed:
        return Placed(self.round_, accepted, self.house)


def next_round(*, now: datetime) -> Round:
    """The open ETH round of the longest horizon, and of those the one that locks first.

    :raises NoOpenRound: when the newest running public season has none.
    """
    seasons = Season.objects.running(now=now).counted().public().filter(starts_at__lte=now)
    season = seasons.order_by("-starts_at", "-pk").first()
    takers = Round.objects.select_related("season").filter(
        season=season, asset_id=SYMBOL, status=Status.OPEN, locks_at__gt=now
    )
    found = sorted(takers, key=lambda r: (-TABLE[r.horizon].length_s, r.locks_at, r.pk))
    if not found:
        raise NoOpenRound("No ETH round is open for predictions now.")
    return found[0]
