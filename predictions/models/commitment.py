from django.db import models


class Commitment(models.Model):
    """The Merkle root over a locked round's entries, written once.

    Its entries are fixed from then on; `is_aggregated` says whether they were put together.
    """

    round = models.OneToOneField(
        "league.Round", models.PROTECT, primary_key=True, related_name="+"
    )
    round_key = models.CharField(
        max_length=64, unique=True, help_text="The on-chain roundId, hex."
    )
    root = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    committed_at = models.DateTimeField()
    is_aggregated = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["round"],
                condition=models.Q(is_aggregated=False),
                name="commitment_unaggregated",
            )
        ]

    def __str__(self) -> str:
        return self.root
