"""Where a season's prices come from; fixed for the season's whole life."""

from django.conf import settings
from django.db import models


class PriceMode(models.TextChoices):
    """Source names are disjoint between modes, so a stored row tells its mode by its source."""

    LIVE = "live", "Live"
    SIMULATED = "simulated", "Simulated"
    REPLAY = "replay", "Replay"


def recorded() -> tuple[PriceMode, ...]:
    """Say which modes this installation records; the simulation always runs, as the demo needs."""
    if settings.PRICE_MODE == PriceMode.LIVE:
        return PriceMode.SIMULATED, PriceMode.LIVE
    return (PriceMode.SIMULATED,)


def in_force() -> PriceMode:
    """What the seasons that people start are priced by."""
    return PriceMode(settings.PRICE_MODE)
