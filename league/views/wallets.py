"""Signing in with a wallet, and linking one to a player (EIP-4361)."""

from typing import Any, Final

from django.conf import settings
from django.contrib import auth
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chain import addresses, contract_wallets, signatures, siwe
from league import authentication, nonces, permissions, wallet_proofs, wallets
from league.models import WalletNonce
from league.players import Profile
from league.serializers import wallets as shapes
from league.serializers.players import MeSerializer
from league.views.players import validated
from league.wallet_proofs import Claim

# Of a league on no chain: wallets know these two, Ethereum's and the usual one for development.
CHAINS_OF_NONE: Final = (1, 31337)
ADDRESS: Final = "0x00000000000000000000000000000000000000a1"
SIGNED: Final[dict[str, Any]] = {
    "message": "league.example.org wants you to sign in with your Ethereum account:\n...",
    "signature": "0x" + "1b" * 65,
}


class Nonce(APIView):
    """A nonce for one message, and the message to sign with it."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="wallet_nonce",
        tags=["auth"],
        request=shapes.WantedMessageSerializer,
        responses={201: shapes.MessageSerializer},
        examples=[OpenApiExample("To sign in", {"address": ADDRESS}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Good for ten minutes, once, on this site. Messages of your own making need its nonce,
        domain, URI, statement and chain.
        """
        form = validated(shapes.WantedMessageSerializer, request)
        terms = terms_of(request, is_link=form["purpose"] == "link")
        now = timezone.now()
        nonce = nonces.issue(domain=terms.domain, now=now)
        return Response(offered(nonce, terms=terms, form=form), status=201)


class SignIn(APIView):
    """Sign in with a signed message: starts a session and, if wanted, issues an API key.

    The answer may hold a secret, so it is not kept: an Idempotency-Key has no effect here.
    """

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="wallet_verify",
        tags=["auth"],
        request=shapes.SignInSerializer,
        responses={200: shapes.SignedInSerializer, 201: shapes.SignedInSerializer},
        examples=[OpenApiExample("For a key", SIGNED | {"want": "key"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """201 when the wallet registered a new player."""
        form = validated(shapes.SignInSerializer, request)
        signed_in = wallets.sign_in(
            claim=claimed(form, terms=terms_of(request, is_link=False)),
            profile=profile_of(form),
            scopes=form["scopes"] if form["want"] == "key" else None,
            now=timezone.now(),
        )
        if signed_in.player.user is not None:
            user, backend = signed_in.player.user, settings.ACCOUNTS_BACKEND
            auth.login(request._request, user, backend)  # noqa: SLF001 - Django's own
        body = {
            "player": signed_in.player,
            "api_key": signed_in.secret,
            "api_key_expires_at": signed_in.key_expires_at,
        }
        shown = shapes.SignedInSerializer(body).data
        return Response(shown, status=201 if signed_in.is_new else 200)


class MyWallet(APIView):
    """The wallet of the player you are."""

    permission_classes = (permissions.Scoped,)

    @extend_schema(
        operation_id="wallet_link",
        tags=["players"],
        request=shapes.SignedMessageSerializer,
        responses=MeSerializer,
        examples=[OpenApiExample("A signed message", SIGNED, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Prove a wallet yours; a player who only named it loses it.

        A person's key may prove the address the player named, and no other: linking one is a way
        to sign in, which a key does not give.
        """
        form = validated(shapes.SignedMessageSerializer, request)
        linked = wallets.link(
            player=authentication.player_of(request),
            claim=claimed(form, terms=terms_of(request, is_link=True)),
            by_session=request.auth is None,
            now=timezone.now(),
        )
        return Response(MeSerializer(linked).data)

    @extend_schema(operation_id="wallet_unlink", tags=["players"], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Unlink it; what it signed stays signed."""
        by_session = request.auth is None
        wallets.unlink(player=authentication.player_of(request), by_session=by_session)
        return Response(status=204)


def terms_of(request: Request, *, is_link: bool) -> siwe.Terms:
    """What a message must say here. The host is one of ALLOWED_HOSTS, or there is no request.

    :raises rest_framework.exceptions.NotAuthenticated: and league.authentication.NoPlayer, for a
        link of nobody's.
    """
    statement = wallet_proofs.SIGN_IN
    if is_link:
        permissions.require_identity(request)
        handle = authentication.player_of(request).handle
        statement = wallet_proofs.LINK.format(handle=handle)
    return siwe.Terms(
        origin=f"{request.scheme}://{request.get_host().lower()}",
        chain_ids=(settings.CHAIN_ID,) if settings.CHAIN_ID else CHAINS_OF_NONE,
        statement=statement,
    )


def claimed(form: dict[str, Any], *, terms: siwe.Terms) -> Claim:
    """:raises chain.signatures.MalformedSignature: for what is no hexadecimal text."""
    signature = signatures.read(form["signature"])
    return Claim(form["message"], signature, terms, contract_wallets.configured())


def profile_of(form: dict[str, Any]) -> Profile | None:
    """Whom an unknown wallet registers as; None where it may not, or does not ask to."""
    handle = form.get("handle")
    if handle is None or not settings.ENABLE_USER_REGISTRATION:
        return None
    return Profile(handle, form.get("name") or handle)


def offered(nonce: WalletNonce, *, terms: siwe.Terms, form: dict[str, Any]) -> dict[str, Any]:
    message = siwe.Message(
        domain=terms.domain,
        address=f"0x{addresses.checksummed(form['address'][2:])}",
        statement=terms.statement,
        uri=f"{terms.origin}/api/v1/auth/wallet/verify",
        chain_id=form.get("chain_id") or next(iter(terms.chain_ids)),
        nonce=nonce.nonce,
        issued_at=nonce.issued_at.replace(microsecond=0),
        expires_at=nonce.expires_at.replace(microsecond=0),
    )
    shown = {
        "nonce": message.nonce,
        "domain": message.domain,
        "uri": message.uri,
        "chain_id": message.chain_id,
        "statement": message.statement,
        "expires_at": message.expires_at,
        "message": siwe.text(message),
    }
    return dict(shapes.MessageSerializer(shown).data)
