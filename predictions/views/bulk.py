"""Many predictions in one request: all of them, or none."""

import json

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import authentication, frames, permissions
from league.models import ApiKey
from league.views import idempotency
from predictions import acceptances, bulk, first_batches, renditions
from predictions import serializers as shapes
from predictions.bulk import Entered, Item
from predictions.item_faults import ItemsRefused
from predictions.views import bulk_items
from predictions.views.askings import is_alone, is_dry_run
from predictions.views.entry_terms import DRY_RUN

EXAMPLE = OpenApiExample(
    "Two rounds",
    {
        "items": [
            {
                "round": "0193f8a0-0000-7000-8000-000000000001",
                "form": "quantiles",
                "p10": "58900",
                "p50": "61200",
                "p90": "63000",
            },
            {
                "round": "0193f8a0-0000-7000-8000-000000000002",
                "form": "prob_up",
                "prob_up": "0.65",
            },
        ]
    },
    request_only=True,
)


class BulkPrediction(APIView):
    """Up to 500 predictions in different rounds, within one body of 64 KB."""

    permission_classes = (permissions.Scoped,)

    def get_authenticators(self) -> list[BaseAuthentication]:
        """A remembered key is enough where the words' own statement asks about it again."""
        request: HttpRequest | None = getattr(self, "request", None)
        if request is not None and first_batches.is_possible() and is_alone(request):
            return authentication.remembering()
        return super().get_authenticators()

    @extend_schema(
        operation_id="prediction_bulk",
        tags=["predictions"],
        request=shapes.BulkSerializer,
        parameters=[DRY_RUN, *idempotency.PARAMETERS],
        responses={
            200: acceptances.AcceptedBulkSerializer,
            201: acceptances.AcceptedBulkSerializer,
        },
        examples=[EXAMPLE],
    )
    def post(self, request: Request) -> HttpResponse:
        """All or nothing. 201 when every word is a first one, 200 when one of them revises.

        A refusal lists every item at fault under errors, e.g. with pointer /items/3/p50.
        """
        items = bulk_items.read(request.data)
        entered = enter_at_once(request, items)
        if entered is not None:
            return entered
        player = authentication.player_of(request)
        batch = bulk.check(items, player=player, now=timezone.now())
        if is_dry_run(request):
            previewed = [(None, quantiles) for quantiles in bulk.preview(batch, player=player)]
            return Response(acceptances.accepted_all(previewed))
        return idempotency.answer(
            request, act=lambda once: bulk.enter(batch, player=player, once=once), show=shown
        )


def enter_at_once(request: Request, items: list[Item]) -> HttpResponse | None:
    """First words that need nothing but themselves; None sends them the ordinary way."""
    is_remembered = first_batches.is_possible() and is_alone(request)
    if not is_remembered or not isinstance(request.auth, ApiKey):
        return None
    try:
        made = first_batches.enter(request.auth, items, now=timezone.now())
    except (ItemsRefused, frames.NoFrame):  # the ordinary way says so once it knows who this is
        made = None
    if made is None:
        authentication.confirm(request)
        return None
    if request.accepted_renderer.format == "json":
        return HttpResponse(renditions.accepted(made), "application/json", 201)
    return Response(json.loads(renditions.accepted(made)), 201)


def shown(entered: list[Entered]) -> Response:
    status = 201 if all(each.is_new for each in entered) else 200
    pairs = [(each.word, each.quantiles) for each in entered]
    return Response(acceptances.accepted_all(pairs), status=status)
