"""Which rendition of an answer is wanted."""

from collections.abc import Iterable

from django.http import Http404
from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer


class Negotiation(DefaultContentNegotiation):
    """An unknown `format` is one nobody has: the resource itself is there all the same."""

    def filter_renderers(
        self,
        renderers: Iterable[BaseRenderer],
        format: str,  # noqa: A002 -- the framework's name
    ) -> list[BaseRenderer]:
        """:raises rest_framework.exceptions.NotAcceptable:"""
        try:
            return list(super().filter_renderers(renderers, format))
        except Http404 as error:
            raise exceptions.NotAcceptable from error
