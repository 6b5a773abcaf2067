"""A connection that breaks after the work is done and before the answer arrives."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

PATH = f"{__name__}.LosesAnswers"


class LosesAnswers:
    """Middleware: a request that asks for it is served to its end, then its answer is lost."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "X-Test-Lose" in request.headers:
            raise ConnectionAbortedError(response.status_code)
        return response
