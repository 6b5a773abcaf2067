"""Leagues, seasons and the server's clock."""

from functools import partial
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import answers, filters, gate, leagues, permissions, visibility
from league.models import League, Season
from league.serializers import catalogue as serializers
from league.serializers import leagues as leagues_shapes
from league.views import idempotency
from league.views.players import person, validated

EXAMPLE: Final[dict[str, Any]] = {
    "slug": "friends",
    "name": "Among friends",
    "assets": ["BTC", "ETH"],
    "horizons": ["24h", "7d"],
    "cadence": {"24h": 43_200},
}


@extend_schema_view(get=extend_schema(operation_id="league_list", tags=["league"]))
class LeagueList(generics.ListAPIView[League]):
    """Leagues: the rules rounds are played by. The public ones, and the private ones of yours."""

    permission_classes = (permissions.LeagueScopedOrReadOnly,)
    queryset = League.objects.none()
    serializer_class = serializers.LeagueSerializer
    ordering = ("slug",)

    def get_queryset(self) -> QuerySet[League]:
        return visibility.leagues(self.request.user).prefetch_related("assets")

    @extend_schema(
        operation_id="league_found",
        tags=["league"],
        request=leagues_shapes.NewLeagueSerializer,
        parameters=idempotency.PARAMETERS,
        responses={201: serializers.LeagueSerializer},
        examples=[OpenApiExample("Among friends", EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Found a private league: you own it, and nobody sees it whom nobody invited."""
        charter = leagues.Charter(**validated(leagues_shapes.NewLeagueSerializer, request))
        act = partial(leagues.found, charter, founder=person(request), now=timezone.now())
        return idempotency.answer(
            request,
            act=partial(answers.together, act),
            show=lambda league: Response(serializers.LeagueSerializer(league).data, status=201),
        )


@extend_schema_view(get=extend_schema(operation_id="league_read", tags=["league"]))
class LeagueDetail(generics.RetrieveAPIView[League]):
    """One league."""

    queryset = League.objects.none()
    serializer_class = serializers.LeagueSerializer
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[League]:
        return visibility.leagues(self.request.user).prefetch_related("assets")


@extend_schema_view(get=extend_schema(operation_id="season_list", tags=["league"]))
class SeasonList(generics.ListAPIView[Season]):
    """Seasons, the newest first."""

    queryset = Season.objects.none()
    serializer_class = serializers.SeasonSerializer
    filterset_class = filters.SeasonFilter
    ordering = ("-starts_at", "-pk")

    def get_queryset(self) -> QuerySet[Season]:
        return visibility.seasons(self.request.user)


@extend_schema_view(get=extend_schema(operation_id="season_read", tags=["league"]))
class SeasonDetail(generics.RetrieveAPIView[Season]):
    """One season, with the rules pinned at its creation and their hash."""

    queryset = Season.objects.none()
    serializer_class = serializers.SeasonSerializer
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Season]:
        return visibility.seasons(self.request.user)


class Time(APIView):
    """The clock that decides whether an entry beat its lock: the database's."""

    @extend_schema(operation_id="time_read", tags=["league"], responses=serializers.TimeSerializer)
    def get(self, request: Request, **_: Any) -> Response:
        del request
        return Response(serializers.TimeSerializer({"now": gate.database_now()}).data)
