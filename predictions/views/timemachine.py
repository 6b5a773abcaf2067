"""Runs through stored prices: opening one, moving its clock, how it went."""

from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import authentication, permissions
from league.views import idempotency
from predictions import machine_answers as answers
from predictions import machine_shapes as shapes
from predictions.models import TimeRun
from predictions.timemachine import passages, ranges, runs, summaries
from predictions.timemachine.wishes import Wish

TAGS = ["time machine"]


class Machine(APIView):
    """Backtest yourself: rounds of the past, known only as far as your run's own clock says."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(operation_id="machine_read", tags=TAGS, responses=shapes.MachineSerializer)
    def get(self, request: Request) -> Response:
        """What there is to play, and your runs, the newest first."""
        mine = runs.of(authentication.player_of(request)).order_by("-pk")
        found = ranges.every(price_mode=settings.PRICE_MODE, now=timezone.now())
        return Response(
            {
                "most_runs": settings.TIME_MACHINE_RUNS,
                "most_rounds": settings.TIME_MACHINE_ROUNDS,
                "ranges": shapes.RangeSerializer(found, many=True).data,
                "runs": [answers.run(run) for run in mine],
            }
        )

    @extend_schema(
        operation_id="machine_open",
        tags=TAGS,
        request=shapes.RunPlanSerializer,
        parameters=idempotency.PARAMETERS,
        responses={201: shapes.RunSerializer},
        examples=[
            OpenApiExample(
                "An afternoon",
                {
                    "symbols": ["BTC", "ETH"],
                    "horizon": "5m",
                    "starts_at": "2025-01-15T12:00:00Z",
                    "ends_at": "2025-01-15T18:00:00Z",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Open a run; its `base_url` answers as the API did then."""
        form = shapes.RunPlanSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        player, plan = authentication.player_of(request), form.plan()
        return idempotency.answer(
            request,
            act=lambda once: runs.open_(player=player, plan=plan, now=timezone.now(), once=once),
            show=lambda run: Response(answers.run(run), status=201),
        )


class Run(APIView):
    """One of your runs; others' are not there."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(
        operation_id="machine_run_read", tags=TAGS, responses=shapes.RunDetailSerializer
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        """Where its clock stands and how the entries did so far."""
        run = run_of(request, run_id)
        return Response(answers.detail(run, summaries.of(run)))

    @extend_schema(operation_id="machine_run_end", tags=TAGS, responses={204: None})
    def delete(self, request: Request, run_id: UUID) -> Response:
        """End it: nothing of it is kept."""
        runs.end(run_of(request, run_id))
        return Response(status=204)


class Advance(APIView):
    """A run's clock, which only moves forward."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(
        operation_id="machine_advance",
        tags=TAGS,
        request=shapes.AdvanceSerializer,
        parameters=idempotency.PARAMETERS,
        responses={200: shapes.PassageSerializer},
        examples=[
            OpenApiExample("To whatever comes next", {"to": "next"}, request_only=True),
            OpenApiExample("By five minutes", {"seconds": 300}, request_only=True),
            OpenApiExample("To an instant", {"to": "2025-01-15T13:00:00Z"}, request_only=True),
        ],
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        """Rounds that settle on the way are scored at once.

        It stops at the run's end; and after some two hundred rounds, as `now` tells: ask again.
        """
        run = run_of(request, run_id)
        form = shapes.AdvanceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        move = partial(passages.advance, run=run, wish=wish_of(form), now=timezone.now())
        return idempotency.answer(
            request,
            act=lambda once: move(once=once),
            show=lambda passed: Response(answers.passage(passed)),
        )


def run_of(request: Request, run_id: UUID) -> TimeRun:
    """:raises predictions.timemachine.runs.RunNotFound:"""
    return runs.find(run_id, player=authentication.player_of(request))


def wish_of(form: Any) -> Wish:
    return Wish(**form.validated_data)
