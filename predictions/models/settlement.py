from django.db import models


class Settlement(models.Model):
    """How a committed round ended: its evidence, pinned in the commit that ended it.

    The wish that the ending be anchored follows, because its root over a large round takes long.
    """

    round = models.OneToOneField(
        "league.Round", models.PROTECT, primary_key=True, related_name="+"
    )
    evidence = models.JSONField(help_text="The observations on record then, both instants.")
    ended_at = models.DateTimeField()
    is_wished = models.BooleanField(default=False, help_text="The ending is to be anchored.")

    class Meta:
        indexes = [
            models.Index(
                fields=["ended_at"],
                condition=models.Q(is_wished=False),
                name="settlement_unwished",
            )
        ]

    def __str__(self) -> str:
        return str(self.round_id)
