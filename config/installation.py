"""What every installation has, with or without a demonstration."""

from datetime import datetime

from league import players, sandbox
from markets import assets


def prepare(*, now: datetime) -> str:
    """Create what is missing; says what there is."""
    known, built_in = assets.ensure_defaults(), players.ensure_built_in(now=now)
    practice = "a sandbox" if sandbox.ensure() else "no sandbox"
    return f"{known} assets, {len(built_in)} built-in players, {practice}: ready"
