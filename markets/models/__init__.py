from markets.models.asset import Asset
from markets.models.bar import Bar
from markets.models.latest_price import LatestPrice
from markets.models.observation import Observation
from markets.models.quote import Quote

__all__ = ["Asset", "Bar", "LatestPrice", "Observation", "Quote"]
