from django.db import models


class RoundEventQuerySet(models.QuerySet["RoundEvent"]):
    def untold(self) -> "RoundEventQuerySet":
        return self.filter(is_told=False).order_by("pk")


class RoundEvent(models.Model):
    """One row per transition of a round; replaying them in order of version gives its status.

    They are the outbox, too: a row commits with what it tells of.
    """

    round = models.ForeignKey("league.Round", models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    from_status = models.CharField(max_length=10, blank=True)
    to_status = models.CharField(max_length=10)
    at = models.DateTimeField(help_text="When the transition was carried out.")
    reason = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=60, default="sweep")

    is_told = models.BooleanField(
        db_default=False, editable=False, help_text="Whoever listens has a delivery of it."
    )

    objects = RoundEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "version"], name="event_one_per_transition"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(is_told=False), name="event_untold")
        ]

    def __str__(self) -> str:
        return f"{self.from_status} -> {self.to_status}"
