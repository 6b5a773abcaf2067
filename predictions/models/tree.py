from typing import ClassVar

from django.db import models


class Of(models.TextChoices):
    ENTRIES = "entries"
    SCORES = "scores"


class Tree(models.Model):
    """The Merkle tree of a round, kept so that a receipt need not hash it all again.

    Derived: it can be deleted and is then computed anew for whoever asks.
    """

    round = models.ForeignKey("league.Round", models.CASCADE, related_name="+", db_index=False)
    of = models.CharField(max_length=8, choices=Of)
    heap = models.BinaryField(help_text="Its nodes of 32 bytes, root first.")
    places = models.BinaryField(help_text="Of each seq: where its leaf stands, 4 bytes each.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "of"], name="tree_once"),
            models.CheckConstraint(condition=models.Q(of__in=Of.values), name="tree_of_known"),
        ]

    def __str__(self) -> str:
        return f"{self.of} of {self.round_id}"
