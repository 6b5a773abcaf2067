from django.apps import AppConfig


class MarketsConfig(AppConfig):
    """Prices: sources, stored bars and quotes, and the price of one instant."""

    name = "markets"
    default_auto_field = "django.db.models.BigAutoField"
