from datetime import datetime

from django.db import models


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, *, now: datetime) -> "ApiKeyQuerySet":
        fresh = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now)
        return self.filter(fresh, revoked_at__isnull=True, player__is_active=True)


class ApiKey(models.Model):
    """A bearer secret of one player: only its SHA-256 is stored."""

    prefix = models.CharField(max_length=16, unique=True, editable=False)
    secret_sha256 = models.CharField(max_length=64, editable=False)
    player = models.ForeignKey("league.Player", models.CASCADE, related_name="+")
    label = models.CharField(max_length=60, blank=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    issued_by = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, editable=False, related_name="+",
        help_text="The key it was asked for with, and with which it is revoked.",
    )  # fmt: skip
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.prefix
