"""The pages people read."""

from django.http import HttpRequest, HttpResponse, JsonResponse


def home(request: HttpRequest) -> HttpResponse:
    del request
    return JsonResponse({"service": "AI-vs-Human Prediction League", "api": "/api/v1/"})
