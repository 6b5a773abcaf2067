"""Every way a request can fail, by code: RFC 9457 problem documents and what they mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, JsonResponse

from config import request_id

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    code: str
    status: int
    title: str
    advice: str
    is_retryable: bool = False


TABLE = {
    problem.code: problem
    for problem in (
        # -- the request itself ---------------------------------------------------------------
        Problem("malformed", 400, "Malformed request", "Correct the request's bytes."),
        Problem("invalid", 400, "Invalid values", "Correct the fields listed under errors."),
        Problem(
            "invalid_entry",
            400,
            "Invalid prediction",
            "Correct the entry; quantiles ascend, prices are positive, probabilities within 0.02"
            " and 0.98.",
        ),
        Problem(
            "entry_too_far",
            400,
            "Prediction too far from the price",
            "Every quantile must lie within six sigma of the current price.",
        ),
        Problem(
            "invalid_idempotency_key",
            400,
            "Invalid Idempotency-Key",
            "Give 1 to 255 visible ASCII characters, or leave the header out.",
        ),
        Problem(
            "idempotency_mismatch",
            422,
            "Idempotency-Key reused",
            "Send the first request's body again, or this one under a new key.",
        ),
        Problem(
            "length_required",
            411,
            "Length required",
            "Send the body whole, with its Content-Length; chunks are not accepted.",
        ),
        Problem("body_too_large", 413, "Body too large", "Send at most 64 KB."),
        Problem("unsupported_media_type", 415, "Unsupported media type", "Send JSON."),
        Problem("not_acceptable", 406, "Not acceptable", "Accept application/json."),
        Problem("method_not_allowed", 405, "Method not allowed", "See the Allow header."),
        # -- who asks -------------------------------------------------------------------------
        Problem(
            "not_authenticated",
            401,
            "Identity required",
            "Send Authorization: Bearer with an API key, or sign in.",
        ),
        Problem(
            "authentication_failed",
            401,
            "Credentials refused",
            "Use a current API key: this one is malformed, unknown, expired or revoked.",
        ),
        Problem("forbidden", 403, "Not allowed", "Ask with an identity that may do this."),
        Problem("no_player", 403, "No player", "Register a player for this account first."),
        Problem("player_suspended", 403, "Player suspended", "Ask the organisers."),
        Problem(
            "not_your_address",
            403,
            "Not your address",
            "user_address must be the wallet address registered with your player.",
        ),
        Problem(
            "insufficient_scope", 403, "Insufficient scope", "Use a key with the scope named."
        ),
        # -- wallets and what they sign ------------------------------------------------------
        Problem("malformed_signature", 400, "Malformed signature", "Give r, low s and v as hex."),
        Problem(
            "wallet_message_malformed", 400, "Malformed message", "Sign it as EIP-4361 has it."
        ),
        Problem("wallet_domain_mismatch", 400, "Another site's message", "Sign one of this site."),
        Problem(
            "wallet_chain_mismatch", 400, "Another chain's message", "Name the league's chain."
        ),
        Problem("wallet_statement_mismatch", 400, "Another statement", "Sign what is asked for."),
        Problem("wallet_message_expired", 400, "Message too old", "Sign a new one."),
        Problem("wallet_message_early", 400, "Message not valid yet", "Sign one of the present."),
        Problem("wallet_nonce_refused", 409, "Nonce refused", "Ask for a new nonce, and sign it."),
        Problem("wallet_signature_refused", 403, "Not this wallet's signature", "Sign with it."),
        Problem("wallet_unchecked", 503, "Wallet not checked", "Ask again in a moment.", True),
        Problem("wallet_unknown", 404, "Unknown wallet", "Link it to your player, or register."),
        Problem(
            "no_wallet", 409, "No wallet", "Link your wallet: POST /api/v1/players/me/wallet."
        ),
        Problem("wrong_signer", 400, "Signed by another", "Sign this entry with your own wallet."),
        Problem(
            "precondition_failed",
            412,
            "Precondition failed",
            "Read what stands, and name its revision in If-Match.",
        ),
        Problem("wrong_revision", 409, "Another revision", "Ask what to sign again, and sign it."),
        # -- what is asked for ----------------------------------------------------------------
        Problem("not_found", 404, "Not found", "Check the address."),
        Problem("unknown_symbol", 404, "Unknown asset", "See /api/v1/assets."),
        Problem("no_open_round", 409, "No open round", "Wait for the next round.", True),
        # -- the state of things --------------------------------------------------------------
        Problem("round_not_open", 409, "Round not open", "Entries are taken from open to lock."),
        Problem(
            "entries_sealed",
            409,
            "Entries are sealed",
            "Entries become public when the round locks.",
            True,
        ),
        Problem(
            "not_committed",
            409,
            "Not committed yet",
            "Ask again once the round has locked and its entries are committed.",
            True,
        ),
        Problem("nothing_to_withdraw", 409, "Nothing to withdraw", "Predict first."),
        Problem("handle_taken", 409, "Handle taken", "Choose another handle."),
        Problem("wallet_taken", 409, "Address taken", "This address already has a player."),
        Problem("conflict", 409, "Conflict", "Read the present state, then decide again."),
        Problem(
            "key_in_flight",
            409,
            "Request in flight",
            "Send it again, under the same Idempotency-Key, in a moment.",
            True,
        ),
        Problem("rate_limited", 429, "Too many requests", "Wait for Retry-After seconds.", True),
        # -- ours -----------------------------------------------------------------------------
        Problem("internal_error", 500, "Internal error", "Quote the request_id to us."),
        Problem(
            "price_unavailable", 503, "Price not available", "Ask again in a few seconds.", True
        ),
        Problem("unavailable", 503, "Temporarily unavailable", "Ask again in a moment.", True),
    )
}


def document(
    request: HttpRequest, *, code: str, detail: str, errors: Iterable[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """The RFC 9457 object of one failure. `errors`: pointer, code and detail of each field."""
    problem = TABLE[code]
    return {
        "type": f"/problems/{code}",
        "title": problem.title,
        "status": problem.status,
        "code": code,
        "detail": detail,
        "instance": request.path,
        "request_id": request_id.current(),
        "retryable": problem.is_retryable,
        "errors": [dict(error) for error in errors],
    }


def response(
    request: HttpRequest, *, code: str, detail: str, errors: Iterable[Mapping[str, str]] = ()
) -> JsonResponse:
    """The same, as a response for borders that come before or after the API framework."""
    answer = JsonResponse(
        document(request, code=code, detail=detail, errors=errors),
        status=TABLE[code].status,
        content_type=CONTENT_TYPE,
    )
    if answer.status_code == 503:  # noqa: PLR2004 -- Service Unavailable
        answer["Retry-After"] = "5"
    return answer
