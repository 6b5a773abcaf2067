"""An OpenID Connect issuer on loopback: discovery, keys made here, and tokens signed with them."""

import contextlib
import functools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from league.oidc import keyring
from league.oidc.issuer import DISCOVERY, Issuer
from tests.factories import NOON
from tests.markets import vendor_server
from tests.markets.vendor_server import Reply, VendorServer

AUDIENCE = "https://league.example.org"
JWKS = "/keys"


@dataclass(frozen=True)
class Key:
    kid: str
    algorithm: str
    private: Any

    @property
    def public(self) -> dict[str, Any]:
        kind = RSAAlgorithm if self.algorithm.startswith(("RS", "PS")) else ECAlgorithm
        shown: dict[str, Any] = kind.to_jwk(self.private.public_key(), as_dict=True)
        return shown | {"kid": self.kid, "use": "sig", "alg": self.algorithm}


@functools.cache
def rsa_key(kid: str, algorithm: str = "RS256", bits: int = 2048) -> Key:
    return Key(kid, algorithm, rsa.generate_private_key(public_exponent=65537, key_size=bits))


@functools.cache
def ec_key(kid: str) -> Key:
    return Key(kid, "ES256", ec.generate_private_key(ec.SECP256R1()))


@dataclass
class LocalIssuer:
    """`keys` are those it publishes now."""

    server: VendorServer
    keys: list[Key] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.server.url}/"

    def trust(self, settings: Any, **changes: Any) -> None:
        """Settings of a league that accepts its tokens."""
        settings.OIDC_ISSUER, settings.OIDC_AUDIENCE = self.name, AUDIENCE
        for name, value in changes.items():
            setattr(settings, f"OIDC_{name}", value)

    def terms(self) -> Issuer:
        return Issuer(self.name, AUDIENCE, "", ("RS256", "ES256"), 0)

    def asked(self, path: str = JWKS) -> int:
        """How often that document has been asked for."""
        return sum(request.path == path for request in self.server.requests)

    def discovery(self) -> dict[str, Any]:
        return {"issuer": self.name, "jwks_uri": self.server.url + JWKS}

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        usual = {
            "iss": self.name, "aud": AUDIENCE, "sub": "ada", "iat": now, "nbf": now,
            "exp": now + 300,
        }  # fmt: skip
        return {name: one for name, one in (usual | changes).items() if one is not None}

    def token(self, key: Key, **changes: Any) -> str:
        """`changes` to its claims; None leaves one out."""
        headers = {"kid": key.kid}
        return jwt.encode(
            self.claims(**changes), key.private, algorithm=key.algorithm, headers=headers
        )


@contextlib.contextmanager
def serving(*keys: Key) -> Iterator[LocalIssuer]:
    with vendor_server.serving(NOON) as server:
        made = LocalIssuer(server, list(keys))
        server.replies[DISCOVERY] = lambda _: Reply(json.dumps(made.discovery()))
        server.replies[JWKS] = lambda _: Reply({"keys": [key.public for key in made.keys]})
        keyring.forget()
        try:
            yield made
        finally:
            keyring.forget()
