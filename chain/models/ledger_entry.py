"""The local ledger's entries."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

HEX_DIGEST = 64


class LedgerEntry(models.Model):
    """One link of the local hash chain: append-only, and only one entry can follow another."""

    seq = models.PositiveBigIntegerField(unique=True)
    kind = models.CharField(max_length=16)
    subject = models.CharField(max_length=HEX_DIGEST)
    digest = models.CharField(max_length=HEX_DIGEST)
    count = models.PositiveIntegerField()
    at = models.DateTimeField()
    previous = models.CharField(max_length=HEX_DIGEST, unique=True)
    head = models.CharField(max_length=HEX_DIGEST, unique=True)

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "subject"], name="ledger_entry_write_once"),
            models.CheckConstraint(condition=~Q(head=F("previous")), name="ledger_entry_links"),
        ]

    def __str__(self) -> str:
        return f"#{self.seq} {self.kind} {self.subject[:12]}"
