"""The pages people read: each view asks for one page's content and renders it."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from config import health
from config.showcase import exhibit, front, lesson, profile, stage
from config.showcase.stage import Asked, Stage
from config.showcase.standings import CHOICES
from league.models.player import Kind

NAME = "AI-vs-Human Prediction League"
ENTRANCES = ("api-root", "docs", "schema", "rounds", "leaderboard", "verdict", "health", "metrics")


@require_safe
@vary_on_headers("Accept")
def home(request: HttpRequest) -> HttpResponse:
    """The front page; for programs, where everything is."""
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse(service(request))
    now = timezone.now()
    shown = staged(request)
    content = front.home(shown, now=now) if shown else None
    return page(request, "home", {"stage": shown, "front": content, "now": now})


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """A whole board, or only some kinds of player."""
    shown, kind = staged(request), request.GET.get("kind")
    if kind and kind not in Kind.values:
        raise Http404
    content = front.table(shown, kinds=[kind] if kind else []) if shown else None
    return page(
        request,
        "leaderboard",
        {"stage": shown, "table": content, "kind": kind or "", "kinds": CHOICES},
    )


@require_safe
def player(request: HttpRequest, handle: str) -> HttpResponse:
    """How somebody has done, and how well their quantiles held."""
    shown = staged(request)
    try:
        content = profile.of(handle, stage=shown)
    except profile.NotShown as error:
        raise Http404 from error
    return page(request, "player", {"stage": shown, "profile": content})


@require_safe
def round_detail(request: HttpRequest, round_id: UUID) -> HttpResponse:
    """One question from its opening to its scores."""
    now = timezone.now()
    try:
        content = exhibit.of(round_id, viewer=request.user, now=now)
    except exhibit.NotShown as error:
        raise Http404 from error
    return page(request, "round", {"exhibit": content, "round": content.round_, "now": now})


@require_safe
def scoring(request: HttpRequest) -> HttpResponse:
    """How points come about."""
    return page(request, "scoring", {"lesson": lesson.lesson()})


def staged(request: HttpRequest) -> Stage | None:
    """:raises django.http.Http404: for a season or horizon that is not there."""
    query = request.GET
    asked = Asked(query.get("season"), query.get("horizon"), request.user)
    try:
        return stage.find(asked, now=timezone.now())
    except stage.NotShown as error:
        raise Http404 from error


def service(request: HttpRequest) -> dict[str, Any]:
    return {
        "name": NAME,
        "version": health.release(),
        "links": {name: request.build_absolute_uri(reverse(name)) for name in ENTRANCES},
    }


def page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """Whoever is signed in may be shown more than everybody: no shared cache keeps that."""
    response = render(request, f"pages/{name}.html", {"site_name": NAME, **context})
    if request.user.is_authenticated:
        patch_cache_control(response, private=True)
    return response
