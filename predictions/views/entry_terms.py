"""What the schema says of entering a prediction: parameters, examples, answers."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from league.views import idempotency
from predictions import acceptances

DRY_RUN = OpenApiParameter(
    "dry_run", bool, description="true: check and answer the quantiles, write nothing."
)
REVISIONS = {"type": "string", "maxLength": 255}
PRECONDITIONS = [
    OpenApiParameter(
        "If-Match",
        REVISIONS,
        OpenApiParameter.HEADER,
        description='The revision this follows, in quotes, e.g. "3", or a list of them, or * for'
        " whichever stands; where another stands, nothing is done (412 precondition_failed).",
    ),
    OpenApiParameter(
        "If-None-Match",
        REVISIONS,
        OpenApiParameter.HEADER,
        description="* to do it only where you have no prediction yet.",
    ),
]
ENTERING = [
    DRY_RUN,
    *idempotency.PARAMETERS,
    *PRECONDITIONS,
    OpenApiParameter(
        "ETag",
        str,
        OpenApiParameter.HEADER,
        response=[200, 201],
        description="The revision in quotes: for the next request's If-Match.",
    ),
]
EXAMPLES = [
    OpenApiExample(
        "Three quantiles",
        {"form": "quantiles", "p10": "58900", "p50": "61200", "p90": "63000"},
        request_only=True,
    ),
    OpenApiExample("A point", {"form": "point", "point": "61200"}, request_only=True),
    OpenApiExample("A chance to rise", {"form": "prob_up", "prob_up": "0.65"}, request_only=True),
    OpenApiExample(
        "Basis points",
        {"form": "quantiles", "basis": "return", "p10": "-250", "p50": "20", "p90": "280"},
        request_only=True,
    ),
]
ANSWERS = {200: acceptances.AcceptedSerializer, 201: acceptances.AcceptedSerializer}
