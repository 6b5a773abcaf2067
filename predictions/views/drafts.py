"""What to sign for a prediction that the player's wallet vouches for."""

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chain import typed_data
from league import authentication, permissions, visibility
from predictions import drafts, entry_shapes
from predictions import serializers as shapes
from predictions.drafts import Draft
from predictions.views.entry_terms import EXAMPLES


class TypedData(APIView):
    """Your entry as your wallet signs it, with a fresh salt and the revision it would be."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(
        operation_id="prediction_typed_data",
        tags=["predictions"],
        request=shapes.EntrySerializer,
        responses=shapes.DraftSerializer,
        examples=EXAMPLES,
    )
    def post(self, request: Request, round_id: UUID) -> Response:
        """Writes nothing. POST the entry with the salt and the signature to enter it."""
        player = authentication.player_of(request)
        draft = drafts.draft(
            round_=get_object_or_404(visibility.playable(player), pk=round_id),
            player=player,
            entry=entry_shapes.read(request.data),
        )
        return Response(shown(draft))


def shown(draft: Draft) -> dict[str, object]:
    return {
        "typed_data": typed_data.prediction(draft.struct, network=draft.network),
        "digest": f"0x{draft.digest.hex()}",
        "salt": f"0x{draft.struct.salt.hex()}",
        "revision": draft.struct.revision,
    }
