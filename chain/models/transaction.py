"""Transactions of ours: who sends them, what each is for, and every signed form it took.

A row is written before anything is sent, so that whatever happens its fate can be found out.
"""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q


class Fate(models.TextChoices):
    """queued -> signed -> sent -> mined -> confirmed; or reverted, or superseded.

    Superseded: what it was for stands without it. A mined one whose block is no longer part of
    the chain is sent again; a signed or sent one whose nonce something else used is queued again.
    """

    QUEUED = "queued"
    SIGNED = "signed"
    SENT = "sent"
    MINED = "mined"
    CONFIRMED = "confirmed"
    REVERTED = "reverted"
    SUPERSEDED = "superseded"


ON_CHAIN = (Fate.MINED, Fate.CONFIRMED)
IN_FLIGHT = (Fate.SIGNED, Fate.SENT, Fate.MINED)


class Sender(models.Model):
    """An account that pays. Whoever gives out a nonce holds this row."""

    chain_id = models.PositiveBigIntegerField()
    address = models.CharField(max_length=42)
    next_nonce = models.PositiveBigIntegerField()
    halted = models.CharField(max_length=200, blank=True, help_text="Why nothing is signed.")
    balance_wei = models.DecimalField(
        max_digits=30, decimal_places=0, null=True, blank=True, help_text="When last asked."
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain_id", "address"], name="sender_once"),
        ]

    def __str__(self) -> str:
        return f"{self.address} on chain {self.chain_id}"


class TransactionQuerySet(models.QuerySet["Transaction"]):
    def queued(self, *, network: str, now: datetime) -> Self:
        """Those to be signed now, oldest first."""
        rested = Q(backoff_until__isnull=True) | Q(backoff_until__lte=now)
        waiting = self.filter(rested, network=network, fate=Fate.QUEUED)
        return waiting.select_related("sender").order_by("pk")

    def in_flight(self, *, network: str) -> Self:
        """Those whose nonce is given out and whose end is not certain, by nonce."""
        flying = self.filter(network=network, fate__in=IN_FLIGHT)
        return flying.select_related("sender").order_by("nonce", "pk")


class Transaction(models.Model):
    """One intent: a call of the contract, sent under one nonce however often it is signed."""

    key = models.CharField(max_length=80, unique=True)
    network = models.CharField(max_length=72)
    to = models.CharField(max_length=42)
    data = models.BinaryField()
    fate = models.CharField(max_length=10, choices=Fate, default=Fate.QUEUED)
    sender = models.ForeignKey(Sender, models.PROTECT, null=True, blank=True, related_name="+")
    nonce = models.PositiveBigIntegerField(null=True, blank=True)
    gas = models.PositiveBigIntegerField(null=True, blank=True)
    block_number = models.PositiveBigIntegerField(null=True, blank=True)
    block_hash = models.CharField(max_length=66, blank=True)
    hash = models.CharField(max_length=66, blank=True, help_text="Of the form that was mined.")
    mined_at = models.DateTimeField(null=True, blank=True, help_text="The block's time.")
    failure = models.CharField(max_length=200, blank=True, help_text="The last trouble it had.")
    requested_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True, blank=True)
    backoff_until = models.DateTimeField(null=True, blank=True)

    objects = TransactionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sender", "nonce"], name="transaction_nonce_once"),
            models.CheckConstraint(
                condition=Q(fate__in=Fate.values), name="transaction_fate_known"
            ),
            models.CheckConstraint(
                condition=Q(sender=None, nonce=None)
                | Q(sender__isnull=False, nonce__isnull=False),
                name="transaction_nonce_has_sender",
            ),
            models.CheckConstraint(
                condition=Q(fate__in=["queued", "superseded", "reverted"])
                | Q(nonce__isnull=False, gas__isnull=False),
                name="transaction_signed_has_nonce",
            ),
            models.CheckConstraint(
                condition=~Q(fate__in=["mined", "confirmed"])
                | (Q(block_number__isnull=False, mined_at__isnull=False) & ~Q(block_hash="")),
                name="transaction_mined_has_block",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["network", "nonce"],
                condition=Q(fate__in=["queued", "signed", "sent", "mined"]),
                name="transaction_unsettled",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.fate}"

    def is_of(self, address: str) -> bool:
        """Whether its nonce is one of this account's: keys are changed now and then."""
        return self.sender is not None and self.sender.address == address


class Attempt(models.Model):
    """One signed form of a transaction: the very bytes, and what they offer for gas (in wei)."""

    transaction = models.ForeignKey(Transaction, models.CASCADE, related_name="attempts")
    nonce = models.PositiveBigIntegerField()
    raw = models.BinaryField()
    hash = models.CharField(max_length=66, unique=True)
    max_fee = models.DecimalField(max_digits=30, decimal_places=0)
    tip = models.DecimalField(max_digits=30, decimal_places=0)
    is_filler = models.BooleanField(default=False, help_text="Only uses the nonce up.")
    signed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    sends = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(max_fee__gte=models.F("tip")), name="attempt_fees"),
        ]

    def __str__(self) -> str:
        return self.hash
