"""Where a web server enters; what Django cannot even read is put right before it looks."""

import os
import re
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# What takes the place of a header that has no meaning: bytes of no known type, and no preference.
INSTEAD = {"CONTENT_TYPE": "application/octet-stream", "HTTP_ACCEPT": "*/*"}
LENGTH = re.compile(r"[0-9]{0,15}", re.ASCII)


def legible(inner: WSGIApplication) -> WSGIApplication:
    """RFC 2231 lets a client name any encoding; Django raises for one that Python lacks."""

    def outer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        for name, plain in INSTEAD.items():
            given = str(environ.get(name, ""))
            if not all(map(is_readable, (given, *given.split(",")))):
                environ[name] = plain
        if not LENGTH.fullmatch(str(environ.get("CONTENT_LENGTH", ""))):
            # No length at all: refused like a body in chunks (config.strict_input).
            environ |= {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "unknown"}
        return inner(environ, start_response)

    return outer


def is_readable(header: str) -> bool:
    try:
        parse_header_parameters(header)
    except (ValueError, LookupError):
        return False
    return True


application = legible(get_wsgi_application())
