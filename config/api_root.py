"""GET /api/v1/: where everything is."""

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import sandbox

ENTRANCES = (
    "assets", "price", "leagues", "seasons", "rounds", "players", "forecasters", "leaderboard",
    "verdict", "predict", "me", "my-predictions", "keys", "time", "time-machine", "chain-info",
    "chain-anchors", "schema", "docs",
)  # fmt: skip


class ApiRoot(APIView):
    """The prediction league's API, version 1."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        found = {name: request.build_absolute_uri(reverse(name)) for name in ENTRANCES}
        if settings.SANDBOX:
            practice = f"{reverse('rounds')}?league={sandbox.SLUG}&status=open"
            found["sandbox"] = request.build_absolute_uri(practice)
        return Response(found)
