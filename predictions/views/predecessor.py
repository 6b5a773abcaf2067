"""POST /predict, as the predecessor's clients know it."""

from functools import partial
from typing import Any

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chain.ledger import registry
from league import authentication, permissions
from league.answers import Once
from league.clock import DATABASE
from league.models import Player
from league.views import idempotency
from predictions import predecessor
from predictions import serializers as shapes
from predictions.entry_forms import InvalidEntry
from predictions.predecessor import Asked, Placed

REASONING = (
    "The house forecast: no drift from {price}, a typical move of {sigma:.0f} basis points until"
    " settlement. The AI players' own entries are sealed until the round locks, as yours is."
)


class Predict(APIView):
    """A point for ETH in the next open round of the longest horizon; see it settle later."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(
        operation_id="predict",
        tags=["predecessor"],
        request=shapes.PredictSerializer,
        parameters=idempotency.PARAMETERS,
        responses={201: shapes.PlacedSerializer, 200: shapes.PlacedSerializer},
        examples=[
            OpenApiExample(
                "A price for ETH",
                {
                    "user_address": "0x00000000000000000000000000000000000000a1",
                    "prediction_value": "3150.25",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        form = shapes.PredictSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        player, asked = authentication.player_of(request), form.asked()
        is_simulated = bool(registry.ledger().describe()["simulated"])
        return idempotency.answer(
            request,
            act=partial(place, player, asked),
            show=lambda placed: shown(placed, is_simulated=is_simulated),
        )


def place(player: Player, asked: Asked, once: Once[Placed]) -> Placed:
    """:raises predictions.entry_forms.InvalidEntry: pointing at this request's own field."""
    try:
        return predecessor.place(
            player=player, asked=asked, now=timezone.now(), clock=DATABASE, once=once
        )
    except InvalidEntry as error:
        raise type(error)("prediction_value", error.code, str(error)) from error


def shown(placed: Placed, *, is_simulated: bool) -> Response:
    status = 201 if placed.accepted.is_new else 200
    made = shapes.PlacedSerializer(body(placed, is_simulated=is_simulated))
    return Response(made.data, status=status)


def body(placed: Placed, *, is_simulated: bool) -> dict[str, Any]:
    """`transaction_hash` stays null until the locked round's commitment is anchored."""
    round_, prediction, house = placed.round_, placed.accepted.prediction, placed.house
    price = house.house_prices()[1]
    return {
        "user_prediction": prediction.p50,
        "ai_prediction": price,
        "ai_player": "house-walker",
        "ai_reasoning": REASONING.format(price=f"{price:.2f}", sigma=house.sigma_bp),
        "transaction_hash": None,
        "simulated": is_simulated,
        "receipt_url": reverse("prediction-receipt", args=[prediction.pk]),
        "prediction": prediction.pk,
        "round": round_.pk,
        "horizon": round_.horizon,
        "locks_at": round_.locks_at,
        "settles_at": round_.settles_at,
        "market_data": {
            "symbol": round_.asset_id,
            "price": house.price,
            "as_of": house.as_of,
            "sigma_bp": house.sigma_bp,
            "is_simulated": round_.season.is_simulated,
        },
        "timestamp": prediction.accepted_at,
    }
