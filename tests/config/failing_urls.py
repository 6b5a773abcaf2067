"""The league's addresses, and one that fails with a secret in its words."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config import urls
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def fail(request: HttpRequest) -> HttpResponse:
    raise ValueError(f"secrets were sent: {dict(request.headers)} {request.GET.dict()}")


urlpatterns: list[Any] = [path("api/fail", fail), path("fail", fail), *urls.urlpatterns]
