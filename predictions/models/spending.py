from django.db import models


class Spending(models.Model):
    """What a day's calls of the language model took, reservations of calls in flight included."""

    day = models.DateField(primary_key=True, help_text="UTC.")
    calls = models.PositiveBigIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    micro_usd = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "spending"

    def __str__(self) -> str:
        return f"{self.day}: {self.calls} calls"
