"""Predictions on record: one's own, others' after their lock, and their proofs."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import authentication, permissions, visibility
from league.models import Player, Round
from league.models.player import BUILT_IN
from predictions import model_shapes, proofs, queries, receipts
from predictions import serializers as shapes
from predictions.models import Prediction, Revision


@extend_schema_view(get=extend_schema(operation_id="prediction_mine", tags=["predictions"]))
class MyPredictions(generics.ListAPIView[Prediction]):
    """Your predictions, the newest first."""

    permission_classes = (permissions.Scoped,)
    queryset = Prediction.objects.none()
    serializer_class = shapes.PredictionSerializer
    ordering = ("-pk",)

    def get_queryset(self) -> QuerySet[Prediction]:
        return queries.of_player(authentication.player_of(self.request))


@extend_schema_view(
    get=extend_schema(
        operation_id="round_predictions",
        tags=["predictions"],
        responses=shapes.RoundPredictionsSerializer,
    )
)
class RoundPredictions(generics.ListAPIView[Prediction]):
    """Everybody's predictions in a round, once it has locked (409 entries_sealed before).

    `aggregates` are what humans, AI players and all of them said together: median by median.
    """

    queryset = Prediction.objects.none()
    serializer_class = shapes.PredictionSerializer
    ordering = ("pk",)

    def get_queryset(self) -> QuerySet[Prediction]:
        try:
            return queries.of_round(
                self.kwargs["round_id"], viewer=self.request.user, now=timezone.now()
            )
        except Round.DoesNotExist as error:
            raise Http404 from error

    def get_paginated_response(self, data: Any) -> Response:
        page = super().get_paginated_response(data)
        rounds = visibility.rounds(self.request.user)
        round_ = get_object_or_404(rounds, pk=self.kwargs["round_id"])
        said = queries.together(round_, now=timezone.now())
        page.data["aggregates"] = shapes.AllTogetherSerializer(said).data
        return page


class PredictionDetail(APIView):
    """One prediction: its owner's at any time, everybody's after the lock."""

    @extend_schema(
        operation_id="prediction_read",
        tags=["predictions"],
        responses=shapes.PredictionSerializer,
    )
    def get(self, request: Request, prediction_id: UUID) -> Response:
        return Response(shapes.PredictionSerializer(find(request, prediction_id)).data)


class PredictionHistory(APIView):
    """Every word of a prediction in order, the one that counts last."""

    @extend_schema(
        operation_id="prediction_history",
        tags=["predictions"],
        responses=shapes.WordSerializer(many=True),
    )
    def get(self, request: Request, prediction_id: UUID) -> Response:
        prediction = find(request, prediction_id)
        earlier = Revision.objects.filter(prediction=prediction).order_by("revision")
        words: list[Any] = [*earlier, prediction]
        return Response(shapes.WordSerializer(words, many=True).data)


class PredictionReceipt(APIView):
    """The proof that a prediction is in the anchored commitment, and later its score."""

    @extend_schema(
        operation_id="prediction_receipt", tags=["proofs"], responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request, prediction_id: UUID) -> Response:
        """Save it and check it offline: `python -m chain.verify receipt.json`."""
        return Response(receipts.of(find(request, prediction_id)))


class RoundLeaves(APIView):
    """A whole locked round: every entry, its salt, and the scores, to rebuild the roots from."""

    @extend_schema(operation_id="round_leaves", tags=["proofs"], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, round_id: UUID) -> Response:
        get_object_or_404(visibility.rounds(request.user), pk=round_id)
        return Response(receipts.of_round(round_id, now=timezone.now()))


class RoundAnchor(APIView):
    """Where a round's commitment and its end are anchored: null until they are."""

    @extend_schema(
        operation_id="round_anchor", tags=["proofs"], responses=shapes.AnchoredSerializer
    )
    def get(self, request: Request, round_id: UUID) -> Response:
        """On the local ledger, or in which block and transaction of which chain."""
        rounds = visibility.rounds(request.user).select_related("season")
        return Response(proofs.anchored(get_object_or_404(rounds, pk=round_id)))


class Forecasters(APIView):
    """The built-in players: the AI forecasters, the house and the crowd."""

    @extend_schema(
        operation_id="forecaster_list",
        tags=["predictions"],
        responses=model_shapes.ForecasterSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        del request
        built_in = Player.objects.filter(kind__in=BUILT_IN).order_by("pk")
        return Response(model_shapes.ForecasterSerializer(built_in, many=True).data)


def find(request: Request, prediction_id: UUID) -> Prediction:
    """:raises django.http.Http404: for others' predictions before their lock, and unknown ones."""
    try:
        player = authentication.player_of(request)
    except authentication.NoPlayer:
        player = None
    readable = queries.readable(viewer=request.user, player=player, now=timezone.now())
    found = readable.filter(pk=prediction_id).first()
    if found is None:
        raise Http404
    return found
