"""Under a run's base address: the routes a bot knows, answered as of the run's virtual instant."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import permissions
from league.serializers import catalogue
from league.serializers import rounds as round_shapes
from markets import archive
from markets import filters as market_filters
from markets import serializers as market_shapes
from markets.models import Bar
from predictions import filters, machine_shapes
from predictions.models import TimeRound
from predictions.timemachine import entries, scenes
from predictions.views.timemachine import TAGS, run_of

DEFAULT_SYMBOL = "ETH"


class Time(APIView):
    """The clock that decides whether an entry beat its lock: the run's."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(operation_id="machine_time", tags=TAGS, responses=catalogue.TimeSerializer)
    def get(self, request: Request, run_id: UUID) -> Response:
        run = run_of(request, run_id)
        return Response(catalogue.TimeSerializer({"now": run.now_at}).data)


@extend_schema_view(get=extend_schema(operation_id="machine_bars", tags=TAGS))
class Bars(generics.ListAPIView[Bar]):
    """The bars that had closed by then, the newest first."""

    permission_classes = (permissions.Scoped,)
    queryset = Bar.objects.none()
    serializer_class = market_shapes.BarSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = market_filters.BarFilter
    ordering = ("-opened_at", "-pk")

    def get_queryset(self) -> QuerySet[Bar]:
        run, symbol = run_of(self.request, self.kwargs["run_id"]), self.kwargs["symbol"]
        scenes.require(run, symbol)
        return archive.known(symbol=symbol, price_mode=run.price_mode, at=run.now_at)


class Price(APIView):
    """The newest price known by then."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(
        operation_id="machine_price",
        tags=TAGS,
        parameters=[OpenApiParameter("symbol", str, default=DEFAULT_SYMBOL)],
        responses=market_shapes.PriceSerializer,
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        run = run_of(request, run_id)
        symbol = request.query_params.get("symbol", DEFAULT_SYMBOL).upper()
        return Response(
            market_shapes.PriceSerializer(scenes.price(run, symbol, now=timezone.now())).data
        )


@extend_schema_view(
    get=extend_schema(
        operation_id="machine_rounds",
        tags=TAGS,
        responses=round_shapes.RoundSerializer(many=True),
    )
)
class Rounds(generics.ListAPIView[TimeRound]):
    """The run's rounds, the latest lock first."""

    permission_classes = (permissions.Scoped,)
    queryset = TimeRound.objects.none()
    serializer_class: Any = machine_shapes.RunRoundSerializer
    filterset_class = filters.TimeRoundFilter
    ordering = ("-locks_at", "-pk")

    def get_queryset(self) -> QuerySet[TimeRound]:
        run = run_of(self.request, self.kwargs["run_id"])
        return TimeRound.objects.filter(run=run).select_related("run")


class RoundDetail(APIView):
    """One round with the house forecast: provisional while it is open, frozen after its lock."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(
        operation_id="machine_round",
        tags=TAGS,
        responses=round_shapes.RoundDetailSerializer,
    )
    def get(self, request: Request, run_id: UUID, round_id: UUID) -> Response:
        run = run_of(request, run_id)
        row = entries.find(run, round_id)
        frame = scenes.frame_of(row, run=run, now=timezone.now())
        body = round_shapes.RoundSerializer(scenes.round_of(row, of=scenes.season(run))).data
        body["house"] = round_shapes.HouseSerializer(frame).data if frame else None
        body["is_house_frozen"] = row.reference_price is not None
        return Response(body)
