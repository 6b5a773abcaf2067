from decimal import Decimal

from django.db import models
from django.db.models import Q

LONGEST_S = 86_400  # NaN is greater than any number to PostgreSQL


class Cost(models.Model):
    """What a built-in AI player's standing word took to make; people's words have none.

    The cost of an earlier word goes with it: what a whole day cost is `Spending`.
    """

    prediction = models.OneToOneField(
        "predictions.Prediction", models.CASCADE, primary_key=True, related_name="cost"
    )
    seconds = models.FloatField(help_text="Wall clock; of a batch, this word's share.")
    tokens_in = models.PositiveBigIntegerField(
        null=True, help_text="Empty when no language model was asked."
    )
    tokens_out = models.PositiveBigIntegerField(null=True)
    micro_usd = models.PositiveBigIntegerField(
        default=0, help_text="Millionths of a dollar, at the configured prices."
    )
    is_cached = models.BooleanField(
        default=False, help_text="The language model's answer was remembered, not asked for."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(seconds__gte=0, seconds__lte=LONGEST_S), name="cost_seconds_in_range"
            ),
            models.CheckConstraint(
                condition=Q(tokens_in__isnull=True, tokens_out__isnull=True)
                | Q(tokens_in__isnull=False, tokens_out__isnull=False),
                name="cost_tokens_go_together",
            ),
            models.CheckConstraint(
                condition=Q(micro_usd=0) | Q(tokens_in__isnull=False, is_cached=False),
                name="cost_money_buys_tokens",
            ),
            models.CheckConstraint(
                condition=Q(is_cached=False) | Q(tokens_in__isnull=True),
                name="cost_remembered_is_free",
            ),
        ]

    def __str__(self) -> str:
        tokens = "no model" if self.tokens_in is None else f"{self.tokens_in}+{self.tokens_out}"
        return f"{self.seconds:.3f} s, {tokens}, {self.usd} USD"

    @property
    def usd(self) -> Decimal:
        return Decimal(self.micro_usd).scaleb(-6)
