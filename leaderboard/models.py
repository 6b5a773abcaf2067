from django.db import models


class Board(models.Model):
    """The published table of one horizon of a season, and how many final rounds it covers."""

    season = models.ForeignKey("league.Season", models.PROTECT, related_name="+", db_index=False)
    horizon = models.CharField(max_length=3)
    rounds = models.PositiveIntegerField()
    locks = models.PositiveIntegerField()
    players = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    published_at = models.DateTimeField()
    verdict = models.JSONField(default=dict)
    frozen_at = models.DateTimeField(null=True, blank=True, help_text="The season was over.")
    root = models.CharField(max_length=64, blank=True, help_text="Over its ranked rows, frozen.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["season", "horizon"], name="board_once"),
            models.CheckConstraint(
                condition=models.Q(root="", frozen_at=None)
                | models.Q(~models.Q(root=""), frozen_at__isnull=False),
                name="board_root_iff_frozen",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.horizon} v{self.version}"


class Standing(models.Model):
    """A player's place on a board. Points are milli-points; coverage is rounds over all rounds.

    Written whole by one statement from the tallies, whose own foreign keys hold.
    """

    board = models.ForeignKey(
        "leaderboard.Board", models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    player = models.ForeignKey(
        "league.Player", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    rounds = models.PositiveIntegerField()
    locks = models.PositiveIntegerField()
    mean_milli = models.IntegerField()
    rating_milli = models.IntegerField()
    low_milli = models.IntegerField(null=True, blank=True)
    high_milli = models.IntegerField(null=True, blank=True)
    coverage = models.FloatField()
    rank = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: shown unranked.")
    is_provisional = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["board", "player"], name="standing_once"),
            models.CheckConstraint(
                condition=models.Q(coverage__range=(0, 1)), name="standing_coverage_is_a_share"
            ),
        ]
        indexes = [models.Index(fields=["board", "rank"], name="standing_by_rank")]

    def __str__(self) -> str:
        return f"#{self.rank}"
