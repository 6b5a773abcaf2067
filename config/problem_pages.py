"""GET /problems and /problems/<code>: what an error code means, for people and programs."""

from dataclasses import asdict

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from config import problems


@require_safe
@vary_on_headers("Accept")
def listing(request: HttpRequest) -> HttpResponse:
    return page(request, list(problems.TABLE.values()))


@require_safe
@vary_on_headers("Accept")
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """:raises django.http.Http404: for a code that is not ours."""
    if code not in problems.TABLE:
        raise Http404
    return page(request, [problems.TABLE[code]])


def page(request: HttpRequest, shown: list[problems.Problem]) -> HttpResponse:
    if not request.accepts("text/html") or "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"problems": [asdict(problem) for problem in shown]})
    return render(request, "problems.html", {"problems": shown})
