"""One's predictions in a run: give, replace, withdraw, read."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import permissions
from league.views import idempotency
from predictions import acceptances, entry_shapes, machine_shapes
from predictions import serializers as shapes
from predictions.models import TimeRun, TimeWord
from predictions.timemachine import entries, scenes
from predictions.views.askings import is_dry_run
from predictions.views.entry_terms import ANSWERS, DRY_RUN, EXAMPLES
from predictions.views.timemachine import TAGS, run_of


class RoundPrediction(APIView):
    """Your prediction in one of the run's rounds; the last before the lock counts."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(
        operation_id="machine_prediction_in_round",
        tags=TAGS,
        responses=shapes.PredictionSerializer,
    )
    def get(self, request: Request, run_id: UUID, round_id: UUID) -> Response:
        run = run_of(request, run_id)
        return Response(one(run, entries.of(run).filter(round=round_id)))

    @extend_schema(
        operation_id="machine_predict",
        tags=TAGS,
        request=shapes.EntrySerializer,
        parameters=[DRY_RUN, *idempotency.PARAMETERS],
        responses=ANSWERS,
        examples=EXAMPLES,
    )
    def post(self, request: Request, run_id: UUID, round_id: UUID) -> Response:
        """201 for a first word, 200 for one that replaces it. Nothing is signed or committed."""
        return enter(request, run_of(request, run_id), round_id)

    @extend_schema(
        operation_id="machine_predict_put",
        tags=TAGS,
        request=shapes.EntrySerializer,
        parameters=[DRY_RUN, *idempotency.PARAMETERS],
        responses=ANSWERS,
        examples=EXAMPLES,
    )
    def put(self, request: Request, run_id: UUID, round_id: UUID) -> Response:
        """The same as POST."""
        return enter(request, run_of(request, run_id), round_id)

    @extend_schema(operation_id="machine_withdraw", tags=TAGS, responses={204: None})
    def delete(self, request: Request, run_id: UUID, round_id: UUID) -> Response:
        """Withdraw it: it counts as absent."""
        run = run_of(request, run_id)
        entries.withdraw(run=run, round_id=round_id, now=timezone.now())
        return Response(status=204)


@extend_schema_view(
    get=extend_schema(
        operation_id="machine_predictions_mine",
        tags=TAGS,
        responses=shapes.PredictionSerializer(many=True),
    )
)
class MyPredictions(generics.ListAPIView[TimeWord]):
    """Your predictions in this run, the newest first."""

    permission_classes = (permissions.Scoped,)
    queryset = TimeWord.objects.none()
    serializer_class: Any = machine_shapes.RunWordSerializer
    ordering = ("-pk",)

    def get_queryset(self) -> QuerySet[TimeWord]:
        run = run_of(self.request, self.kwargs["run_id"])
        return entries.of(run).select_related("round__run__player")


class PredictionDetail(APIView):
    """One of your predictions in this run."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(
        operation_id="machine_prediction",
        tags=TAGS,
        responses=shapes.PredictionSerializer,
    )
    def get(self, request: Request, run_id: UUID, prediction_id: UUID) -> Response:
        run = run_of(request, run_id)
        return Response(one(run, entries.of(run).filter(pk=prediction_id)))


def enter(request: Request, run: TimeRun, round_id: UUID) -> Response:
    entry = entry_shapes.read(request.data)
    if is_dry_run(request):
        row = entries.find(run, round_id)
        indicative = entries.preview(run=run, row=row, entry=entry, now=timezone.now())
        return Response(acceptances.accepted(None, indicative))
    return idempotency.answer(
        request,
        act=lambda once: entries.enter(
            run=run, round_id=round_id, entry=entry, now=timezone.now(), once=once
        ),
        show=lambda accepted: shown(run, accepted),
    )


def shown(run: TimeRun, accepted: entries.Accepted) -> Response:
    word: Any = scenes.shown(accepted.word, player=run.player)
    body = acceptances.item(word, accepted.quantiles) | {"acknowledgement": None}
    return Response(body, status=201 if accepted.is_new else 200)


def one(run: TimeRun, words: QuerySet[TimeWord]) -> dict[str, Any]:
    """:raises django.http.Http404: for none."""
    word = words.first()
    if word is None:
        raise Http404
    seen: Any = scenes.shown(word, player=run.player)
    return cast("dict[str, Any]", shapes.PredictionSerializer(seen).data)
