"""JSON Web Tokens as bearer credentials: which are accepted, and what they say."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import jwt

from league import keys
from league.oidc import keyring
from league.oidc.issuer import Issuer

SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", re.ASCII)
LONGEST: Final = 8_000
LONGEST_CLAIM: Final = 255
DECODER: Final = jwt.PyJWT({"enforce_minimum_key_length": True})
REASONS: Final[dict[type[Exception], str]] = {
    jwt.ExpiredSignatureError: "This token has expired.",
    jwt.ImmatureSignatureError: "This token is not valid yet.",
    jwt.InvalidAlgorithmError: "This token's algorithm is not accepted.",
    jwt.InvalidAudienceError: "This token is for another audience.",
    jwt.InvalidIssuerError: "This token is another issuer's.",
    jwt.InvalidSignatureError: "This token's signature is not its issuer's.",
    jwt.MissingRequiredClaimError: "This token lacks one of exp, nbf, iat, aud, iss and sub.",
}
MALFORMED: Final = "This token is malformed."
UNKNOWN_KEY: Final = "This token is signed with a key that its issuer does not publish."


class TokenRefused(Exception):
    """The token is malformed, out of its time, not for the league, or not its issuer's."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says of its bearer; `scopes` as an API key has them."""

    issuer: str
    subject: str
    scopes: frozenset[str]


def is_shaped(token: str) -> bool:
    """Whether it looks like a token at all: an API key has no dots."""
    return SHAPE.fullmatch(token) is not None


def verify(token: str, *, issuer: Issuer, now: datetime) -> Claims:
    """What it says, once it is known to be true. `now` is when keys are looked up.

    :raises TokenRefused: saying what is wrong.
    :raises league.oidc.issuer.IssuerUnavailable: when its key is unknown and cannot be asked for.
    """
    algorithm, kid = named(token, issuer=issuer)
    key = keyring.of(issuer).find(kid, now=now)
    if key is None:
        raise TokenRefused(UNKNOWN_KEY)
    try:
        said = DECODER.decode(
            token,
            jwt.PyJWK(dict(key), key.get("alg") or algorithm),
            algorithms=list(issuer.algorithms),
            audience=issuer.audience,
            issuer=issuer.name,
            leeway=issuer.leeway_s,
            options={"require": list(issuer.required)},
        )
    except (jwt.PyJWTError, RecursionError) as error:
        raise TokenRefused(REASONS.get(type(error), MALFORMED)) from error
    return Claims(issuer.name, subject_of(said), scopes_of(said))


def named(token: str, *, issuer: Issuer) -> tuple[str, str]:
    """The algorithm and key it names, before anything is believed or asked for."""
    if len(token) > LONGEST or not is_shaped(token):
        raise TokenRefused(MALFORMED)
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, RecursionError) as error:
        raise TokenRefused(MALFORMED) from error
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in issuer.algorithms:
        raise TokenRefused(REASONS[jwt.InvalidAlgorithmError])
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_CLAIM:
        raise TokenRefused("This token does not name its key.")
    return algorithm, kid


def subject_of(said: dict[str, Any]) -> str:
    """Text a database can hold."""
    subject: str = said["sub"]
    if not 0 < len(subject) <= LONGEST_CLAIM or not subject.isprintable():
        raise TokenRefused("This token's subject is not usable.")
    return subject


def scopes_of(said: dict[str, Any]) -> frozenset[str]:
    """Those of the league among the space-separated ones; a token without any claim has the usual.

    :raises TokenRefused: for a claim that is no text.
    """
    scope = said.get("scope", " ".join(keys.USUAL))
    if not isinstance(scope, str):
        raise TokenRefused("This token's scope is not text.")
    return frozenset(scope.split()) & frozenset(keys.SCOPES)
