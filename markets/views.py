"""Assets, their recorded bars and the price shown to people."""

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from markets import assets, filters, quotes, serializers
from markets.models import Asset, Bar
from markets.providers import registry

DEFAULT_SYMBOL = "ETH"


@extend_schema_view(get=extend_schema(operation_id="asset_list", tags=["markets"]))
class AssetList(generics.ListAPIView[Asset]):
    """What can be predicted; prices of inactive assets are not recorded."""

    queryset = Asset.objects.all()
    serializer_class = serializers.AssetSerializer
    ordering = ("rank", "symbol")


class AssetDetail(APIView):
    """One asset."""

    @extend_schema(
        operation_id="asset_read", tags=["markets"], responses=serializers.AssetSerializer
    )
    def get(self, request: Request, symbol: str) -> Response:
        del request
        return Response(serializers.AssetSerializer(assets.named(symbol)).data)


@extend_schema_view(get=extend_schema(operation_id="bar_list", tags=["markets"]))
class BarList(generics.ListAPIView[Bar]):
    """Recorded bars of an asset, the newest first; times are when a bar opened.

    Of the kind of prices this league is about, unless `price_mode` or `source` is named.
    """

    queryset = Bar.objects.none()
    serializer_class = serializers.BarSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = filters.BarFilter
    ordering = ("-opened_at", "-pk")

    def get_queryset(self) -> QuerySet[Bar]:
        found = Bar.objects.filter(asset=assets.named(self.kwargs["symbol"]))
        if {"price_mode", "source"} & self.request.query_params.keys():
            return found
        return found.filter(registry.of_mode(settings.PRICE_MODE))


class Price(APIView):
    """The price now, for people: the source and its age are said, simulated prices marked."""

    @extend_schema(
        operation_id="price_read",
        tags=["markets"],
        parameters=[OpenApiParameter("symbol", str, default=DEFAULT_SYMBOL)],
        responses=serializers.PriceSerializer,
    )
    def get(self, request: Request) -> Response:
        symbol = request.query_params.get("symbol", DEFAULT_SYMBOL)
        shown = quotes.display(symbol=symbol.upper(), now=timezone.now())
        return Response(serializers.PriceSerializer(shown).data)
