from typing import ClassVar, Optional

from django.conf import settings
from django.db import models


class IdentityQuerySet(models.QuerySet["Identity"]):
    def of(self, issuer: str, subject: str) -> Optional["Identity"]:
        return self.filter(issuer=issuer, subject=subject).select_related("user").first()


class Identity(models.Model):
    """Somebody as an OpenID Connect issuer knows them, and their account here."""

    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "identities"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_one_account_each")
        ]

    def __str__(self) -> str:
        return self.subject
