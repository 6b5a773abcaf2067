from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from league.identifiers import uuid7


class Form(models.TextChoices):
    QUANTILES = "quantiles"
    POINT = "point"
    PROB_UP = "prob_up"


class Basis(models.TextChoices):
    PRICE = "price"
    RETURN = "return"


class Word(models.Model):
    """A player's word, as given: a point or a probability fills p10, p50 and p90 alike.

    The numbers are prices, or basis points of log return when basis is `return`, or one
    probability when form is `prob_up`. A point and a probability become quantiles with the
    round's frozen sigma, so what is stored and committed is exactly what the player said.
    """

    form = models.CharField(max_length=9, choices=Form.choices)
    basis = models.CharField(max_length=6, choices=Basis.choices)
    p10 = models.DecimalField(max_digits=20, decimal_places=8)
    p50 = models.DecimalField(max_digits=20, decimal_places=8)
    p90 = models.DecimalField(max_digits=20, decimal_places=8)
    accepted_at = models.DateTimeField(help_text="The clock that decided it was before the lock.")
    is_withdrawn = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    salt = models.BinaryField(max_length=32)
    payload_hash = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32, help_text="EIP-712 digest: what is committed.")
    signature = models.BinaryField(
        max_length=65, null=True, help_text="The player's wallet's, over the digest; r, s and v."
    )

    class Meta:
        abstract = True


class Prediction(Word):
    """The word that counts. Earlier ones move to Revision when it is replaced or withdrawn."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    round = models.ForeignKey("league.Round", models.PROTECT, related_name="+", db_index=False)
    player = models.ForeignKey("league.Player", models.PROTECT, related_name="+")
    probit = models.FloatField(
        null=True,
        editable=False,
        help_text="Standard normal quantile of a probability: what grading in SQL needs of it.",
    )
    # How a built-in player came to its word; empty for everyone else.
    reasoning = models.TextField(blank=True, max_length=2000)
    as_of = models.DateTimeField(null=True, blank=True, help_text="Newest input seen.")
    is_simulated_reasoning = models.BooleanField(
        default=False, help_text="Written by the deterministic template, not by a language model."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "player"], name="prediction_one_per_player"),
            models.CheckConstraint(
                condition=Q(p10__lte=F("p50"), p50__lte=F("p90")), name="prediction_ascends"
            ),
            models.CheckConstraint(
                condition=~Q(basis=Basis.PRICE) | Q(p10__gt=0), name="prediction_price_positive"
            ),
            models.CheckConstraint(
                condition=Q(form=Form.QUANTILES) | Q(p10=F("p50"), p90=F("p50")),
                name="prediction_point_is_one_number",
            ),
            models.CheckConstraint(
                condition=~Q(form=Form.PROB_UP)
                | Q(basis=Basis.RETURN, p50__gte="0.02", p50__lte="0.98"),
                name="prediction_probability_in_range",
            ),
            models.CheckConstraint(
                condition=Q(form=Form.PROB_UP) ^ Q(probit__isnull=True),
                name="prediction_probability_has_its_probit",
            ),
            models.CheckConstraint(
                condition=Q(signature=None) | Q(Exact(Length("signature"), 65)),
                name="prediction_signature_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(form__in=Form.values, basis__in=Basis.values),
                name="prediction_form_known",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Revision(Word):
    """An earlier word of a prediction: append-only."""

    prediction = models.ForeignKey("predictions.Prediction", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["prediction", "revision"], name="revision_once"),
        ]

    def __str__(self) -> str:
        return f"{self.prediction_id} r{self.revision}"
