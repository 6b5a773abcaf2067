"""The schema and its pages; the key scheme and the problems the generator cannot see."""

from typing import Any

from django.urls import path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import problems, promises

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
}  # fmt: skip
TAGS = {
    "auth": "Signing in with a wallet (EIP-4361): a session, or an API key.",
    "chain": "The ledger that remembers the roots, and checking a receipt against it.",
    "keys": "API keys of your own players.",
    "leaderboard": "Boards, track records, and whether AI beats humans.",
    "league": "Leagues, their seasons, and the league's clock.",
    "markets": "Assets, their prices and recorded bars.",
    "players": "Who competes; yourself and your bots.",
    "predecessor": "What the predecessor had, in its shape.",
    "predictions": "Your predictions, and everybody's after the lock.",
    "proofs": "What proves a prediction, offline.",
    "rounds": "What is predicted and until when, and what became of it.",
    "time machine": "The past again, under a clock of your own: the same routes, scored at once.",
    "users": "Signing up without a browser, where the operator allows it.",
    "webhooks": "Being told instead of asking.",
}
ABOUT = """Reading is public; writing needs `Authorization: Bearer <key>` or a session.
Instants are UTC, prices and points decimals as strings, lists come in pages by cursor.
Every refusal is a problem document (RFC 9457): `code` says what, `retryable` whether the same
request may succeed later. Unknown fields and parameters are refused; answers may gain fields."""
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


def add_promises(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Every way an operation may answer besides success, and every header (a hook)."""
    result["info"]["description"] = ABOUT
    result["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    parts = result["components"]
    parts["schemas"]["Problem"] = PROBLEM
    parts["headers"] = promises.HEADERS
    parts["responses"] = promises.responses()
    for path_, operations in result["paths"].items():
        for verb, operation in operations.items():
            promises.complete(operation, verb=verb, has_place="{" in path_)
    return result
