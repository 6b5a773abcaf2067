"""What the generator of the schema is told about views beyond what it knows of the framework."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import SAFE_METHODS

from league.permissions import ScopedOrReadOnly


class Operation(AutoSchema):
    """Knows of our permissions which of them let a stranger read."""

    def get_auth(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = super().get_auth()
        is_public = all(type(one) is ScopedOrReadOnly for one in self.view.get_permissions())
        is_open = self.method in SAFE_METHODS and is_public
        return [*found, {}] if is_open and {} not in found else found
