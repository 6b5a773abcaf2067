from django.db import models


class Score(models.Model):
    """Skill points of one prediction under one settlement of its round, in milli-points.

    Written by one statement from rows whose own foreign keys hold, and derivable again at any
    time: keys checked once more, row by row, cost most of settling (docs/decisions/0010).
    """

    round = models.ForeignKey(
        "league.Round", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    player = models.ForeignKey(
        "league.Player", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    settlement_version = models.PositiveSmallIntegerField(default=1)
    seq = models.PositiveIntegerField(
        null=True, help_text="The leaf it scores; empty for the crowd, derived from the others."
    )
    points_milli = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["round", "player", "settlement_version"], name="score_once_per_settlement"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points_milli / 1000:+.3f}"


class Tally(models.Model):
    """Exact running sums of a player's scores in a season: the grading transaction's delta.

    Only the key is indexed, and pages are half empty, so that an update stays in its page.
    """

    season = models.ForeignKey("league.Season", models.PROTECT, related_name="+", db_index=False)
    horizon = models.CharField(max_length=3)
    player = models.ForeignKey("league.Player", models.PROTECT, related_name="+", db_index=False)
    rounds = models.PositiveIntegerField(default=0)
    points_milli = models.BigIntegerField(default=0)
    # What an interval needs: T is the sum of a lock's points, n the lock's final rounds.
    locks = models.PositiveIntegerField(default=0, help_text="Locks with a score.")
    square = models.DecimalField(
        max_digits=30, decimal_places=0, default=0, help_text="Sum of T * T over the locks."
    )
    cross = models.BigIntegerField(default=0, help_text="Sum of T * n over the locks.")

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(fields=["season", "horizon", "player"], name="tally_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rounds} rounds"
