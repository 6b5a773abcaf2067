"""What is to stand on an EVM chain, and what is known to stand there."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from chain.models.ledger_entry import HEX_DIGEST
from chain.models.transaction import Transaction


class Inscription(models.Model):
    """One digest under one write-once key of a contract.

    Without a transaction it waits to be sent, or stands there by somebody else's.
    """

    network = models.CharField(max_length=72)
    kind = models.CharField(max_length=16)
    subject = models.CharField(max_length=HEX_DIGEST)
    digest = models.CharField(max_length=HEX_DIGEST)
    count = models.PositiveIntegerField()
    transaction = models.ForeignKey(
        Transaction, models.PROTECT, null=True, blank=True, related_name="+"
    )
    sends = models.PositiveSmallIntegerField(default=0, help_text="Transactions that carried it.")
    anchored_at = models.DateTimeField(null=True, blank=True, help_text="The block's time.")
    is_final = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["network", "kind", "subject"], name="inscription_write_once"
            ),
            models.CheckConstraint(
                condition=Q(is_final=False) | Q(anchored_at__isnull=False),
                name="inscription_final_is_anchored",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject[:12]} on {self.network}"
