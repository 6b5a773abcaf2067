"""An organiser's session ends half an hour after the admin was last used; others' last two weeks.

Wherever the organiser signed in: the browsable API and a wallet open the admin, too.
"""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

LIMIT_S: Final = 30 * 60
LIMITED: Final = "_session_expiry"  # where Django's set_expiry keeps it


class StaffSessionMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Afterwards, because signing in is what a request may do."""
        response = self.get_response(request)
        if request.session.accessed and is_organiser(request):
            is_used = request.path.startswith("/admin/")
            if is_used or LIMITED not in request.session:
                request.session.set_expiry(LIMIT_S)
        return response


def is_organiser(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_staff
