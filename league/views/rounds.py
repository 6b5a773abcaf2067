"""Rounds, the evidence for their prices, and how they moved."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import filters, frames, visibility
from league.models import Round, RoundEvent, Season
from league.serializers import rounds as serializers
from markets import observations


@extend_schema_view(get=extend_schema(operation_id="round_list", tags=["rounds"]))
class RoundList(generics.ListAPIView[Round]):
    """Rounds, the latest lock first; a sandbox's only where its league or season is named."""

    queryset = Round.objects.none()
    serializer_class = serializers.RoundSerializer
    filterset_class = filters.RoundFilter
    ordering = ("-locks_at", "-pk")

    def get_queryset(self) -> QuerySet[Round]:
        found = visibility.rounds(self.request.user)
        if any(self.request.query_params.get(name) for name in ("league", "season")):
            return found
        return found.filter(season__in=Season.objects.counted().values("pk"))


class RoundDetail(APIView):
    """One round with the house forecast: provisional while it is open, frozen after its lock."""

    @extend_schema(
        operation_id="round_read", tags=["rounds"], responses=serializers.RoundDetailSerializer
    )
    def get(self, request: Request, round_id: UUID) -> Response:
        round_ = get_object_or_404(visibility.rounds(request.user), pk=round_id)
        frame = frames.frozen(round_)
        body = serializers.RoundSerializer(round_).data
        house = frame or provisional(round_)
        body["house"] = serializers.HouseSerializer(house).data if house else None
        body["is_house_frozen"] = frame is not None
        return Response(body)


class RoundObservations(APIView):
    """Every source's stored word on the round's two instants: its prices follow from these."""

    @extend_schema(
        operation_id="round_observations",
        tags=["rounds"],
        responses=serializers.RoundObservationsSerializer,
    )
    def get(self, request: Request, round_id: UUID) -> Response:
        round_ = get_object_or_404(visibility.rounds(request.user), pk=round_id)
        mode = round_.season.price_mode
        instants = {"reference": round_.locks_at, "settlement": round_.settles_at}
        return Response(
            {
                name: observations.evidence(
                    symbol=round_.asset_id, instant=instant, price_mode=mode
                )
                for name, instant in instants.items()
            }
        )


@extend_schema_view(get=extend_schema(operation_id="round_events", tags=["rounds"]))
class RoundEvents(generics.ListAPIView[RoundEvent]):
    """Each transition of a round, in order."""

    queryset = RoundEvent.objects.none()
    serializer_class = serializers.RoundEventSerializer
    ordering = ("version",)

    def get_queryset(self) -> QuerySet[RoundEvent]:
        round_ = get_object_or_404(
            visibility.rounds(self.request.user), pk=self.kwargs["round_id"]
        )
        return RoundEvent.objects.filter(round=round_)


def provisional(round_: Round) -> frames.Frame | None:
    """The house's present view of a round not locked yet; None where it cannot have one."""
    if not round_.is_unlocked:
        return None
    try:
        return frames.provisional(round_, now=timezone.now())
    except frames.NoFrame:
        return None
