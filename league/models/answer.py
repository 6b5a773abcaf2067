from datetime import datetime, timedelta

from django.db import models

KEPT = timedelta(hours=24)


class AnswerQuerySet(models.QuerySet["Answer"]):
    def expired(self, *, now: datetime) -> "AnswerQuerySet":
        return self.filter(asked_at__lte=now - KEPT)


class Answer(models.Model):
    """What one request under an Idempotency-Key was answered, in the commit of its effect.

    Neither the key nor the identity is stored: `question` is their digest.
    """

    question = models.CharField(
        max_length=64, primary_key=True, help_text="SHA-256 of who asked, where, under which key."
    )
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the request's body.")
    status = models.PositiveSmallIntegerField(
        null=True, help_text="Empty only inside the transaction that is answering."
    )
    body = models.TextField(blank=True, help_text="The answer's JSON, character for character.")
    asked_at = models.DateTimeField()

    objects = AnswerQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["asked_at"], name="answer_by_age")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__isnull=True, body="")
                # An unknown comparison passes a CHECK: say that there is a status.
                | models.Q(status__isnull=False, status__gte=200, status__lt=300),
                name="answer_is_a_success",
            ),
        ]

    def __str__(self) -> str:
        return self.question

    def is_expired(self, *, now: datetime) -> bool:
        return self.asked_at <= now - KEPT
