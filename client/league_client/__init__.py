"""Client of the AI-vs-Human Prediction League: `League(url, key)` and what it may raise."""

from league_client.failures import LeagueError, Rejected, Retryable
from league_client.league import League

__all__ = ["League", "LeagueError", "Rejected", "Retryable"]
