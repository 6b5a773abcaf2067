"""One's prediction on a round: give, revise, withdraw."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import answers, authentication, frames, known, permissions, visibility
from league.clock import DATABASE
from league.models import ApiKey, Round
from league.models.round import Status
from league.views import idempotency
from predictions import (
    acceptances,
    entry_shapes,
    first_words,
    preconditions,
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
from predictions.views.askings import is_dry_run, is_simple, precondition_of
from predictions.views.entry_terms import ANSWERS, ENTERING, EXAMPLES, PRECONDITIONS


class RoundPrediction(APIView):
    """Your prediction in one round. Every revision is kept; the last before the lock counts."""

    permission_classes = (permissions.Scoped,)

    def get_authenticators(self) -> list[BaseAuthentication]:
        """A remembered key is enough where the entry's own statement asks about it again."""
        request: HttpRequest | None = getattr(self, "request", None)
        if request is not None and is_simple(request):
            return authentication.remembering()
        return super().get_authenticators()

    @extend_schema(
        operation_id="prediction_mine_in_round",
        tags=["predictions"],
        responses=shapes.PredictionSerializer,
    )
    def get(self, request: Request, round_id: UUID) -> Response:
        """While it may be revised, its ETag is its revision."""
        own = queries.of_player(authentication.player_of(request)).select_related("round")
        found = get_object_or_404(own, round=round_id)
        is_open = found.round.status == Status.OPEN
        tags = {"ETag": preconditions.tag(found.revision)} if is_open else None
        return Response(shapes.PredictionSerializer(found).data, headers=tags)

    @extend_schema(
        operation_id="prediction_create",
        tags=["predictions"],
        request=shapes.SignedEntrySerializer,
        parameters=ENTERING,
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
        parameters=ENTERING,
        responses=ANSWERS,
        examples=EXAMPLES,
    )
    def put(self, request: Request, round_id: UUID) -> Response:
        """The same as POST: there is one prediction per player and round."""
        return enter(request, round_id)

    @extend_schema(
        operation_id="prediction_withdraw",
        tags=["predictions"],
        parameters=PRECONDITIONS,
        responses={204: None},
    )
    def delete(self, request: Request, round_id: UUID) -> Response:
        """Withdraw it: it counts as absent; its words stay on record."""
        require_round(request, round_id)
        player = authentication.player_of(request)
        submissions.withdraw(
            round_id=round_id,
            player=player,
            clock=DATABASE,
            precondition=precondition_of(request),
        )
        return Response(status=204)


def enter(request: Request, round_id: UUID) -> Response:
    entered = enter_at_once(request, round_id)
    if entered is not None:
        return entered
    require_round(request, round_id)
    said = replace(signed_shapes.read(request.data), precondition=precondition_of(request))
    player = authentication.player_of(request)
    if is_dry_run(request):
        indicative = submissions.preview(round_id=round_id, player=player, said=said)
        return Response(acceptances.accepted(None, indicative))
    answer = idempotency.answer(
        request,
        act=lambda once: submissions.enter_once(
            round_id=round_id, player=player, said=said, clock=DATABASE, once=once
        ),
        show=shown,
    )
    revision = answer.data["prediction"]["revision"]  # an answer kept for a repetition is a body
    answer.headers.setdefault("ETag", preconditions.tag(revision))
    return answer


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


def shown(accepted: Accepted) -> Response:
    body = acceptances.accepted(accepted.prediction, accepted.quantiles)
    tags = {"ETag": preconditions.tag(accepted.prediction.revision)}
    return Response(body, status=201 if accepted.is_new else 200, headers=tags)


def require_round(request: Request, round_id: UUID) -> None:
    """:raises django.http.Http404: for a round the caller may not see."""
    if not visibility.rounds(request.user).filter(pk=round_id).exists():
        raise Http404
