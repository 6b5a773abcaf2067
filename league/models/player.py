from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

HANDLE = RegexValidator(
    r"\A[a-z0-9][a-z0-9-]{1,38}[a-z0-9]\Z", "3 to 40 characters: a-z, 0-9 and inner hyphens."
)


class Kind(models.TextChoices):
    HUMAN = "human"
    BOT = "bot"
    AI = "ai"
    HOUSE = "house"
    CROWD = "crowd"


BUILT_IN = (Kind.AI, Kind.HOUSE, Kind.CROWD)
RANKED = (Kind.HUMAN, Kind.BOT, Kind.AI)


class Player(models.Model):
    """Who competes. Registration order (the key) breaks the last ties."""

    handle = models.CharField(max_length=40, unique=True, validators=[HANDLE])
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The person behind a human, or a bot's owner.",
    )
    is_primary = models.BooleanField(default=True, help_text="The one ranked bot of its owner.")
    is_active = models.BooleanField(default=True, help_text="Unset to stop its entries.")
    is_demo = models.BooleanField(default=False, help_text="Invented for a demonstration season.")
    wallet_address = models.CharField(
        max_length=42, null=True, blank=True, unique=True
    )  # NULLs do not collide
    wallet_proved_at = models.DateTimeField(
        null=True, blank=True, help_text="Its holder signed; empty while it is only claimed."
    )
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=Kind.values), name="player_kind_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=BUILT_IN) | models.Q(user__isnull=True),
                name="player_built_in_has_no_user",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=Kind.BOT) | models.Q(user__isnull=False),
                name="player_bot_has_an_owner",
            ),
            models.CheckConstraint(
                condition=models.Q(wallet_proved_at=None) | models.Q(wallet_address__isnull=False),
                name="player_proof_is_of_a_wallet",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(kind=Kind.HUMAN),
                name="player_one_human_per_user",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(kind=Kind.BOT, is_primary=True),
                name="player_one_primary_bot_per_owner",
            ),
        ]

    def __str__(self) -> str:
        return self.handle

    @property
    def is_ranked(self) -> bool:
        return self.kind in RANKED and (self.kind != Kind.BOT or self.is_primary)
