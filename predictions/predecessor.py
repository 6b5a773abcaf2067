"""The predecessor's one-call prediction: a point for ETH in the season running now."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from league import frames
from league.clock import Clock
from league.horizons import TABLE
from league.models import League, Player, Round, Season
from league.models.round import Status
from predictions import entry_forms, submissions

SYMBOL = "ETH"


class NoOpenRound(Exception):
    """No round takes such a prediction at this moment."""


class NotYourAddress(Exception):
    """The address given is not the wallet address of the player asking."""


@dataclass(frozen=True, slots=True)
class Placed:
    round_: Round
    accepted: submissions.Accepted
    house: frames.Frame


def place(*, player: Player, address: str, value: Decimal, now: datetime, clock: Clock) -> Placed:
    """Enter `value` as a point in the next open ETH round of the longest horizon.

    :raises NotYourAddress: and NoOpenRound, and what predictions.submissions.enter raises.
    """
    if player.wallet_address != address:
        raise NotYourAddress("user_address is not your player's wallet address.")
    round_ = next_round(now=now)
    house = frames.provisional(round_, now=now)
    entry = entry_forms.point(value)
    accepted = submissions.enter(round_id=round_.pk, player=player, entry=entry, clock=clock)
    return Placed(round_, accepted, house)


def next_round(*, now: datetime) -> Round:
    """The open ETH round of the longest horizon, and of those the one that locks first.

    :raises NoOpenRound: when the newest running public season has none.
    """
    seasons = Season.objects.running(now=now).filter(
        starts_at__lte=now, league__visibility=League.Visibility.PUBLIC
    )
    season = seasons.order_by("-starts_at", "-pk").first()
    takers = Round.objects.select_related("season").filter(
        season=season, asset_id=SYMBOL, status=Status.OPEN, locks_at__gt=now
    )
    found = sorted(takers, key=lambda r: (-TABLE[r.horizon].length_s, r.locks_at, r.pk))
    if not found:
        raise NoOpenRound("No ETH round is open for predictions now.")
    return found[0]
