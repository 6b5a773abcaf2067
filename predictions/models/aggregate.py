from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class Of(models.TextChoices):
    HUMAN = "human"
    AI = "ai"
    ALL = "all"


class Aggregate(models.Model):
    """What a locked round's people, its AI players, or all of them said together.

    The median of each level, in basis points of log return from the reference price. Derived: it
    can be made anew from the entries at any time. Too few entries make none.
    """

    round = models.ForeignKey("league.Round", models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=5, choices=Of)
    count = models.PositiveIntegerField(help_text="Standing entries.")
    low_bp = models.FloatField()
    middle_bp = models.FloatField()
    high_bp = models.FloatField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "kind"], name="aggregate_once"),
            models.CheckConstraint(
                condition=Q(low_bp__lte=F("middle_bp"), middle_bp__lte=F("high_bp")),
                name="aggregate_ascends",
            ),
            models.CheckConstraint(condition=Q(kind__in=Of.values), name="aggregate_of_known"),
            models.CheckConstraint(condition=Q(count__gt=1), name="aggregate_of_several"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.kind}"
