"""The schema and its pages; the key scheme and the problems the generator cannot see."""

from typing import Any

from django.urls import path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import problems

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem document.",
    "required": [
        "type", "title", "status", "code", "detail", "instance", "request_id", "retryable",
        "errors",
    ],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(problems.TABLE)},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "retryable": {"type": "boolean"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
    "example": {
        "type": "/problems/round_not_open",
        "title": "Round not open",
        "status": 409,
        "code": "round_not_open",
        "detail": "This round is not open for predictions.",
        "instance": "/api/v1/rounds/0193f8a0-0000-7000-8000-000000000000/prediction",
        "request_id": "5d1c7a0b9e9f4f0f8f6f5e2b7c1d3a4e",
        "retryable": False,
        "errors": [],
    },
}  # fmt: skip
REFERENCE = {"$ref": "#/components/schemas/Problem"}
paths = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
]


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "league.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        del auto_schema
        return {"type": "http", "scheme": "bearer", "bearerFormat": "lg_live_<id>_<secret>"}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "league.authentication.TokenAuthentication"
    name = "oidcToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        del auto_schema
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of the OpenID Connect issuer this league trusts, if any.",
        }


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Every operation may answer with a problem document (a drf-spectacular hook)."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    answer = {
        "description": "A problem.",
        "content": {problems.CONTENT_TYPE: {"schema": REFERENCE}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = answer
    return result
