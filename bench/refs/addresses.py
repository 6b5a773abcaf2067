"""The league's addresses after the references': these resolve first, in the floor's favour."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import generics, permissions

from config import urls
from config.urls import handler400, handler403, handler404, handler500
from leaderboard.models import Standing
from leaderboard.serializers import StandingSerializer

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def nothing(_request: HttpRequest) -> HttpResponse:
    """R1's floor: what server and middleware cost before a view does anything."""
    return HttpResponse(b"{}", content_type="application/json")


class Conventional(generics.ListAPIView[Standing]):
    """R2's peer: a ModelSerializer over a joined queryset; nothing is counted, only read."""

    serializer_class = StandingSerializer
    pagination_class = None
    filter_backends = ()
    permission_classes = (permissions.AllowAny,)

    def get_queryset(self) -> QuerySet[Standing]:
        rows = Standing.objects.filter(board=self.kwargs["board"]).select_related("player")
        return rows.order_by("rank")[:100]


urlpatterns = [
    path("api/v1/reference/nothing", nothing),
    path("api/v1/reference/standings/<int:board>", Conventional.as_view()),
    *urls.urlpatterns,
]
