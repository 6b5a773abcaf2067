from django.db import models


class Heartbeat(models.Model):
    """When a part of the league was last seen at work."""

    name = models.CharField(max_length=16, primary_key=True)
    at = models.DateTimeField()

    objects = models.Manager["Heartbeat"]()

    def __str__(self) -> str:
        return self.name
