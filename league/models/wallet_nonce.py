from datetime import datetime
from typing import ClassVar

from django.db import models


class WalletNonceQuerySet(models.QuerySet["WalletNonce"]):
    def usable(self, *, domain: str, now: datetime) -> "WalletNonceQuerySet":
        return self.filter(domain=domain, used_at=None, expires_at__gt=now)

    def over(self, *, now: datetime) -> "WalletNonceQuerySet":
        """Those that nothing can be signed in with any more."""
        return self.filter(expires_at__lte=now)


class WalletNonce(models.Model):
    """A word that one wallet's message may use once, on the site that gave it out."""

    nonce = models.CharField(max_length=32, primary_key=True)
    domain = models.CharField(max_length=255)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = WalletNonceQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="wallet_nonce_by_age")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(issued_at__lt=models.F("expires_at")),
                name="wallet_nonce_expires_later",
            )
        ]

    def __str__(self) -> str:
        return self.nonce
