from league.models.answer import Answer
from league.models.delivery import Attempt, Delivery
from league.models.errand import Errand
from league.models.event import RoundEvent
from league.models.heartbeat import Heartbeat
from league.models.identity import Identity
from league.models.invariant_report import InvariantReport
from league.models.invite import Invite
from league.models.key import ApiKey
from league.models.league import League
from league.models.league_event import LeagueEvent
from league.models.membership import Membership
from league.models.player import Player
from league.models.round import Round
from league.models.season import Season
from league.models.wallet_nonce import WalletNonce
from league.models.webhook import Webhook

__all__ = [
    "Answer",
    "ApiKey",
    "Attempt",
    "Delivery",
    "Errand",
    "Heartbeat",
    "Identity",
    "InvariantReport",
    "Invite",
    "League",
    "LeagueEvent",
    "Membership",
    "Player",
    "Round",
    "RoundEvent",
    "Season",
    "WalletNonce",
    "Webhook",
]
