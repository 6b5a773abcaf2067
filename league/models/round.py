from datetime import datetime

from django.db import models
from django.db.models import F, Q

from league import horizons
from league.identifiers import uuid7

POISONED = 5


class Status(models.TextChoices):
    SCHEDULED = "scheduled"
    OPEN = "open"
    LOCKED = "locked"
    RUNNING = "running"
    HELD = "held"
    SETTLED = "settled"
    FINAL = "final"
    VOID = "void"


UNLOCKED = (Status.SCHEDULED, Status.OPEN)
UNPRICED = (Status.SCHEDULED, Status.OPEN, Status.LOCKED)
PRICED = (Status.SETTLED, Status.FINAL)


class RoundQuerySet(models.QuerySet["Round"]):
    """What is due, as a function of `now`. A round that failed five times waits for a person."""

    def healthy(self, *, now: datetime) -> "RoundQuerySet":
        rested = Q(backoff_until__isnull=True) | Q(backoff_until__lte=now)
        return self.filter(rested, attempts__lt=POISONED)

    def due_to_open(self, *, now: datetime) -> "RoundQuerySet":
        return self.filter(status=Status.SCHEDULED, opens_at__lte=now).order_by("opens_at", "pk")

    def due_to_lock(self, *, now: datetime) -> "RoundQuerySet":
        return self.filter(status=Status.OPEN, locks_at__lte=now).order_by("locks_at", "pk")

    def due_for_reference(self, *, now: datetime) -> "RoundQuerySet":
        waiting = Q(status=Status.LOCKED) | Q(status=Status.HELD, reference_price__isnull=True)
        return self._due_for_price(waiting, now=now).order_by("locks_at", "pk")

    def due_to_settle(self, *, now: datetime) -> "RoundQuerySet":
        waiting = Q(status=Status.RUNNING) | Q(status=Status.HELD, reference_price__isnull=False)
        due = self._due_for_price(waiting, now=now)
        return due.filter(settles_at__lte=now).order_by("settles_at", "pk")

    def _due_for_price(self, waiting: Q, *, now: datetime) -> "RoundQuerySet":
        ready = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
        return self.healthy(now=now).filter(waiting, ready, is_operator_held=False)

    def visible_entries(self, *, now: datetime) -> "RoundQuerySet":
        """Rounds whose entries are no longer sealed."""
        return self.exclude(status__in=UNLOCKED).filter(locks_at__lte=now)


class Round(models.Model):
    """One question: where will the price of `asset` be at settles_at?"""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    season = models.ForeignKey("league.Season", models.PROTECT, related_name="+")
    asset = models.ForeignKey("markets.Asset", models.PROTECT, related_name="+")
    horizon = models.CharField(max_length=3, choices=[(name, name) for name in horizons.NAMES])
    opens_at = models.DateTimeField()
    locks_at = models.DateTimeField()
    settles_at = models.DateTimeField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.SCHEDULED)
    version = models.PositiveIntegerField(default=0, help_text="Transitions made so far.")

    # Frozen at the reference step, never changed later.
    reference_price = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    sigma_bp = models.FloatField(null=True, blank=True)
    width = models.FloatField(null=True, blank=True, help_text="The house's c.")
    is_sigma_borrowed = models.BooleanField(
        default=False, help_text="Too little history: 1.5 times the season's median sigma."
    )
    # Fixed at settlement.
    settlement_price = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    outcome_bp = models.FloatField(null=True, blank=True)

    hold_reason = models.CharField(max_length=300, blank=True)
    is_operator_held = models.BooleanField(
        default=False, help_text="Held by an operator until released."
    )
    is_move_accepted = models.BooleanField(
        default=False, help_text="An operator vouches for the big move of the pending price."
    )
    retry_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, help_text="First look for this price.")
    backoff_until = models.DateTimeField(null=True, blank=True, help_text="After a failure.")
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Unexpected failures in a row."
    )
    finalized_at = models.DateTimeField(null=True, blank=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["season", "asset", "horizon", "opens_at"], name="round_once_per_slot"
            ),
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("locks_at"), locks_at__lt=F("settles_at")),
                name="round_times_ascend",
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="round_status_known"
            ),
            models.CheckConstraint(
                condition=Q(horizon__in=horizons.NAMES), name="round_horizon_known"
            ),
            models.CheckConstraint(
                condition=(
                    Q(status__in=[*UNPRICED, Status.HELD, Status.VOID])
                    | Q(reference_price__gt=0, sigma_bp__gt=0, width__gt=0)
                    & Q(  # a CHECK lets NULL > 0 pass
                        reference_price__isnull=False, sigma_bp__isnull=False, width__isnull=False
                    )
                ),
                name="round_running_has_reference",
            ),
            models.CheckConstraint(
                condition=(
                    ~Q(status__in=PRICED)
                    | Q(settlement_price__gt=0)
                    & Q(settlement_price__isnull=False, outcome_bp__isnull=False)
                ),
                name="round_settled_has_price",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.FINAL) ^ Q(finalized_at__isnull=True),
                name="round_final_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "locks_at"], name="round_status_locks"),
            models.Index(fields=["status", "settles_at"], name="round_status_settles"),
            models.Index(fields=["season", "horizon", "locks_at"], name="round_season_locks"),
            # What each sweep asks for is small however long the history grows.
            models.Index(
                fields=["opens_at", "id"],
                condition=Q(status=Status.SCHEDULED),
                name="round_due_to_open",
            ),
            models.Index(
                fields=["locks_at", "id"],
                condition=Q(status=Status.OPEN),
                name="round_due_to_lock",
            ),
            models.Index(
                fields=["locks_at", "id"],
                condition=Q(status__in=[Status.LOCKED, Status.HELD]),
                name="round_due_for_reference",
            ),
            models.Index(
                fields=["settles_at", "id"],
                condition=Q(status__in=[Status.RUNNING, Status.HELD]),
                name="round_due_to_settle",
            ),
            models.Index(
                fields=["settles_at", "id"],
                condition=Q(status=Status.SETTLED),
                name="round_due_to_grade",
            ),
            models.Index(
                fields=["season", "horizon", "locks_at"],
                condition=Q(status=Status.FINAL),
                name="round_final_board",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.horizon} {self.locks_at:%Y-%m-%dT%H:%MZ}"

    @property
    def terms(self) -> horizons.Horizon:
        return horizons.TABLE[self.horizon]

    @property
    def is_unlocked(self) -> bool:
        return self.status in UNLOCKED

    def is_sealed(self, *, now: datetime) -> bool:
        """Nobody reads others' entries: until the lock is carried out, and not before its time.

        A round voided while it was open keeps its entries sealed to the instant everyone was
        promised: what they say is worth copying into other rounds that lock with it.
        """
        return self.is_unlocked or now < self.locks_at

    @property
    def scale_bp(self) -> float | None:
        """S, the points' unit: half of sigma."""
        return None if self.sigma_bp is None else self.sigma_bp / 2
