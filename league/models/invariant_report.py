from django.db import models


class InvariantReport(models.Model):
    """What the latest look at one invariant found; a check that broke keeps its older row."""

    invariant = models.CharField(max_length=4)
    name = models.CharField(max_length=60, unique=True)
    violations = models.PositiveBigIntegerField()
    since = models.DateTimeField(help_text="What concerns earlier rounds was not looked at.")
    checked_at = models.DateTimeField()

    objects = models.Manager["InvariantReport"]()

    def __str__(self) -> str:
        return f"{self.invariant} {self.name}: {self.violations}"
