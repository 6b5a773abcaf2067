from league.models.event import RoundEvent
from league.models.key import ApiKey
from league.models.league import League
from league.models.player import Player
from league.models.round import Round
from league.models.season import Season

__all__ = ["ApiKey", "League", "Player", "Round", "RoundEvent", "Season"]
