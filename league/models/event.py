from django.db import models


class RoundEvent(models.Model):
    """One row per transition of a round; replaying them in order of version gives its status."""

    round = models.ForeignKey("league.Round", models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    from_status = models.CharField(max_length=10, blank=True)
    to_status = models.CharField(max_length=10)
    at = models.DateTimeField(help_text="When the transition was carried out.")
    reason = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=60, default="sweep")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "version"], name="event_one_per_transition"),
        ]

    def __str__(self) -> str:
        return f"{self.from_status} -> {self.to_status}"
