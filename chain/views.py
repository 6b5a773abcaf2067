"""Public reads of the chain; verifying is a read too, though its question comes by POST."""

from typing import Any, Final

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import generics, permissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chain import acknowledgements, contract, inspection, verify
from chain.ledger import exports, registry
from chain.models import Anchor
from chain.serializers import (
    AbiSerializer,
    AnchorSerializer,
    LedgerExportSerializer,
    LedgerInfoSerializer,
    VerdictSerializer,
)

VERDICTS: Final = {
    verify.VERIFIED: "verified",
    verify.REFUSED: "failed",
    verify.UNDECIDED: "undecided",
}
ABRIDGED: Final[dict[str, Any]] = {
    "type": "receipt",
    "version": 1,
    "network": {"name": "local"},
    "anchor": None,
    "result": None,
}


class InfoView(APIView):
    permission_classes = (permissions.AllowAny,)

    @extend_schema(operation_id="chain_info", tags=["chain"], responses=LedgerInfoSerializer)
    def get(self, _request: Request) -> Response:
        """Which ledger remembers the roots, its newest head, and who acknowledges entries."""
        told = registry.ledger().describe()
        return Response(told | {"acknowledgement_operator": acknowledgements.operator()})


class AbiView(APIView):
    permission_classes = (permissions.AllowAny,)

    @extend_schema(operation_id="chain_abi", tags=["chain"], responses=AbiSerializer)
    def get(self, _request: Request) -> Response:
        """How to talk to the LeagueAnchor contract, and the hash its deployed code must have."""
        found = contract.artifact()
        return Response({"abi": found["abi"], "code_hash": contract.code_hash()})


@extend_schema_view(get=extend_schema(operation_id="chain_anchors", tags=["chain"]))
class AnchorsView(generics.ListAPIView[Anchor]):
    """Every digest asked to be anchored, newest first, and how far it got."""

    permission_classes = (permissions.AllowAny,)
    serializer_class = AnchorSerializer
    ordering = ("-pk",)

    def get_queryset(self) -> QuerySet[Anchor]:
        return Anchor.objects.select_related("entry")


class LedgerView(APIView):
    permission_classes = (permissions.AllowAny,)

    @extend_schema(operation_id="chain_ledger", tags=["chain"], responses=LedgerExportSerializer)
    def get(self, _request: Request) -> HttpResponseBase:
        """The whole ledger in one file, for `python -m chain.verify --ledger`."""
        return StreamingHttpResponse(exports.pieces(), content_type="application/json")


class VerifyView(APIView):
    permission_classes = (permissions.AllowAny,)

    @extend_schema(
        operation_id="chain_verify",
        tags=["chain"],
        request=OpenApiTypes.OBJECT,
        responses=VerdictSerializer,
        examples=[OpenApiExample("A receipt, abridged", ABRIDGED, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Check a receipt or a whole round, step by step, as the offline verifier does."""
        return Response(_report(inspection.inspect(request.data)))


def _report(steps: list[verify.Step]) -> dict[str, Any]:
    return {
        "verdict": VERDICTS[verify.verdict(steps)],
        "steps": [step._asdict() for step in steps],
    }
