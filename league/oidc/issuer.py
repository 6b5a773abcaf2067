"""Whose tokens count, and the keys its issuer publishes: looked up over a bounded transport."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from markets.providers import base, http

DISCOVERY: Final = "/.well-known/openid-configuration"
OK: Final = 200
MOST_KEYS: Final = 100
PUBLIC_TYPES: Final = frozenset({"RSA", "EC", "OKP"})  # never `oct`, which is a shared secret
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
REQUIRED: Final = ("exp", "nbf", "iat", "aud", "iss", "sub")
Jwk = Mapping[str, Any]


class IssuerUnavailable(Exception):
    """The issuer's keys are not known and cannot be asked for just now."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """`jwks_url` is empty where discovery tells it."""

    name: str
    audience: str
    jwks_url: str
    algorithms: tuple[str, ...]
    leeway_s: int
    required: tuple[str, ...] = REQUIRED


def configured() -> Issuer | None:
    """None where OIDC_ISSUER is not set: then no token is accepted."""
    if not settings.OIDC_ISSUER:
        return None
    return Issuer(
        name=settings.OIDC_ISSUER,
        audience=settings.OIDC_AUDIENCE,
        jwks_url=settings.OIDC_JWKS_URL,
        algorithms=settings.OIDC_ALGORITHMS,
        leeway_s=settings.OIDC_LEEWAY_S,
        required=tuple(one for one in REQUIRED if one != "nbf" or settings.OIDC_REQUIRE_NBF),
    )


def published(issuer: Issuer) -> dict[str, Jwk]:
    """The issuer's public signing keys by their id. :raises IssuerUnavailable:"""
    listed = read(issuer.jwks_url or discovered(issuer)).get("keys")
    keys = listed[:MOST_KEYS] if isinstance(listed, list) else []
    found = {str(key["kid"]): key for key in keys if is_usable(key)}
    if not found:
        raise IssuerUnavailable("It publishes no key to verify signatures with.")
    return found


def discovered(issuer: Issuer) -> str:
    """:raises IssuerUnavailable: also when the document is another issuer's."""
    document = read(issuer.name.rstrip("/") + DISCOVERY)
    url = document.get("jwks_uri")
    if document.get("issuer") != issuer.name or not isinstance(url, str) or not is_safe(url):
        raise IssuerUnavailable("Its discovery document is not usable.")
    return url


def read(url: str) -> dict[str, Any]:
    """One JSON object, asked for once. :raises IssuerUnavailable:"""
    try:
        answer = http.Endpoint(url, is_patient=False).get("", {})
    except base.ProviderUnavailable as error:
        raise IssuerUnavailable(str(error)) from error
    if answer.status != OK or not isinstance(answer.body, dict):
        raise IssuerUnavailable(f"It answered {answer.status}.")
    return answer.body


def is_usable(key: object) -> bool:
    """A public key for signatures that says what it is called."""
    return (
        isinstance(key, dict)
        and isinstance(key.get("kid"), str)
        and all(isinstance(key.get(name, ""), str) for name in ("kty", "use", "alg"))
        and key.get("kty") in PUBLIC_TYPES
        and key.get("use", "sig") == "sig"
    )


def is_safe(url: str) -> bool:
    """Whether nobody between can change the keys: TLS, or this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
