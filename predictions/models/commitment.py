from django.db import models


class Commitment(models.Model):
    """The Merkle root over a locked round's entries, written once."""

    round = models.OneToOneField(
        "league.Round", models.PROTECT, primary_key=True, related_name="+"
    )
    round_key = models.CharField(
        max_length=64, unique=True, help_text="The on-chain roundId, hex."
    )
    root = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    committed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.root
