from markets.models.asset import Asset
from markets.models.bar import Bar
from markets.models.observation import Observation
from markets.models.quote import Quote

__all__ = ["Asset", "Bar", "Observation", "Quote"]
