"""One's prediction on a round: give, revise, withdraw."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import answers, authentication, frames, keys, known, permissions, visibility
from league.clock import DATABASE
from league.models import ApiKey, Round
from league.views import idempotency
from predictions import (
    acceptances,
    entry_shapes,
    first_words,
    queries,
    reach,
    signed_shapes,
    submissions,
)
from predictions import serializers as shapes
from predictions.entry_forms import InvalidEntry
from predictions.entry_shapes import Misshapen
from predictions.first_words import Bid
from predictions.submissions import Accepted

DRY_RUN = OpenApiParameter(
    "dry_run", bool, description="true: check and answer the quantiles, write nothing."
)
YES, NO = {"true", "1", "yes"}, {"false", "0", "no"}
EXAMPLES = [
    OpenApiExample(
        "Three quantiles",
        {"form": "quantiles", "p10": "58900", "p50": "61200", "p90": "63000"},
        request_only=True,
    ),
    OpenApiExample("A point", {"form": "point", "point": "61200"}, request_only=True),
    OpenApiExample("A chance to rise", {"form": "prob_up", "prob_up": "0.65"}, request_only=True),
    OpenApiExample(
        "Basis points",
        {"form": "quantiles", "basis": "return", "p10": "-250", "p50": "20", "p90": "280"},
        request_only=True,
    ),
]
ANSWERS = {200: acceptances.AcceptedSerializer, 201: acceptances.AcceptedSerializer}


class RoundPrediction(APIView):
    """Your prediction in one round. Every revision is kept; the last before the lock counts."""

    permission_classes = (permissions.Scoped,)

    def get_authenticators(self) -> list[BaseAuthentication]:
        """A remembered key is enough where the entry's own statement asks about it again."""
        request: HttpRequest | None = getattr(self, "request", None)
        if request is not None and is_simple(request):
            return [authentication.ApiKeyAuthentication(keys.recall), SessionAuthentication()]
        return super().get_authenticators()

    @extend_schema(
        operation_id="prediction_mine_in_round",
        tags=["predictions"],
        responses=shapes.PredictionSerializer,
    )
    def get(self, request: Request, round_id: UUID) -> Response:
        require_round(request, round_id)
        own = queries.of_player(authentication.player_of(request))
        return Response(shapes.PredictionSerializer(get_object_or_404(own, round=round_id)).data)

    @extend_schema(
        operation_id="prediction_create",
        tags=["predictions"],
        request=shapes.SignedEntrySerializer,
        parameters=[DRY_RUN, *idempotency.PARAMETERS],
        responses=ANSWERS,
        examples=EXAMPLES,
    )
    def post(self, request: Request, round_id: UUID) -> Response:
        """201 for a first word, 200 for one that revises it."""
        return enter(request, round_id)

    @extend_schema(
        operation_id="prediction_put",
        tags=["predictions"],
        request=shapes.SignedEntrySerializer,
        parameters=[DRY_RUN, *idempotency.PARAMETERS],
        responses=ANSWERS,
        examples=EXAMPLES,
    )
    def put(self, request: Request, round_id: UUID) -> Response:
        """The same as POST: there is one prediction per player and round."""
        return enter(request, round_id)

    @extend_schema(operation_id="prediction_withdraw", tags=["predictions"], responses={204: None})
    def delete(self, request: Request, round_id: UUID) -> Response:
        """Withdraw it: it counts as absent; its words stay on record."""
        require_round(request, round_id)
        player = authentication.player_of(request)
        submissions.withdraw(round_id=round_id, player=player, clock=DATABASE)
        return Response(status=204)


def enter(request: Request, round_id: UUID) -> Response:
    entered = enter_at_once(request, round_id)
    if entered is not None:
        return entered
    require_round(request, round_id)
    said = signed_shapes.read(request.data)
    player = authentication.player_of(request)
    if is_dry_run(request):
        indicative = submissions.preview(round_id=round_id, entry=said.entry)
        return Response(acceptances.accepted(None, indicative))
    return idempotency.answer(
        request,
        act=lambda once: submissions.enter_once(
            round_id=round_id, player=player, said=said, clock=DATABASE, once=once
        ),
        show=shown,
    )


def enter_at_once(request: Request, round_id: UUID) -> Response | None:
    """A first word that needs nothing but itself; None sends it the ordinary way."""
    if not is_simple(request) or not isinstance(request.auth, ApiKey):
        return None
    now = timezone.now()
    round_ = known.public_round(round_id, now=now)
    bid = None if round_ is None else bid_of(request.auth, round_, request.data, now=now)
    response = None if bid is None else answered_at_once(request, bid)
    if response is None:
        authentication.confirm(request)
    return response


def bid_of(key: ApiKey, round_: Round, data: Any, *, now: datetime) -> Bid | None:
    """None for what is refused: the ordinary way says so once it knows who this is."""
    try:
        entry = entry_shapes.read(data)
        return Bid(key, round_, entry, frames.recent(round_, now=now), now)
    except (InvalidEntry, Misshapen, frames.NoFrame):
        return None


def answered_at_once(request: Request, bid: Bid) -> Response | None:
    """None where nothing was written; the ordinary way finds out why."""
    question = idempotency.question_of(request, now=bid.now)
    try:
        if question is not None:
            once = idempotency.Unclaimed(question, shown)
            return once.response if first_words.enter_once(bid, once) else None
        accepted = first_words.enter(bid)
    except (reach.EntryTooFar, answers.AlreadyAnswered):
        return None
    return None if accepted is None else shown(accepted)


def is_simple(request: Request | HttpRequest) -> bool:
    """Whether nothing is wanted beyond the entry itself, done once if it says so."""
    return (
        request.method in {"POST", "PUT"}
        and not request.META.get("QUERY_STRING")
        and idempotency.is_fit(request)
    )


def is_alone(request: Request | HttpRequest) -> bool:
    """The same, and not even that."""
    return is_simple(request) and idempotency.REQUEST_HEADER not in request.headers


def is_dry_run(request: Request) -> bool:
    """:raises rest_framework.exceptions.ValidationError: rather than write by mistake."""
    said = request.query_params.get("dry_run", "false").lower()
    if said not in YES | NO:
        raise exceptions.ValidationError({"dry_run": ["true or false."]})
    return said in YES


def shown(accepted: Accepted) -> Response:
    body = acceptances.accepted(accepted.prediction, accepted.quantiles)
    return Response(body, status=201 if accepted.is_new else 200)


def require_round(request: Request, round_id: UUID) -> None:
    """:raises django.http.Http404: for a round the caller may not see."""
    if not visibility.rounds(request.user).filter(pk=round_id).exists():
        raise Http404
