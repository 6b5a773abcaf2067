"""Failures with names: what each is called over HTTP, and which never get that far."""

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions

from chain import addresses, canonical, contract_wallets, signatures, siwe
from chain.ledger import base as ledger
from config import strict_input
from leaderboard import score_pages
from league import (
    answers,
    authentication,
    frames,
    keys,
    nonces,
    operations,
    players,
    seasons,
    wallet_proofs,
    wallets,
)
from league.views import idempotency
from league.webhooks import deliveries, endpoints, targets
from markets import assets
from markets.providers import base as providers
from predictions import (
    entry_forms,
    entry_shapes,
    item_faults,
    predecessor,
    queries,
    reach,
    receipts,
    submissions,
    vows,
)

# What a domain failure is called over HTTP; a test fails when one is neither here nor INTERNAL.
DOMAIN: dict[type[Exception], str] = {
    addresses.InvalidAddress: "invalid",
    contract_wallets.NoAnswer: "wallet_unchecked",
    signatures.MalformedSignature: "malformed_signature",
    siwe.Expired: "wallet_message_expired",
    siwe.MalformedMessage: "wallet_message_malformed",
    siwe.TooEarly: "wallet_message_early",
    siwe.WrongChain: "wallet_chain_mismatch",
    siwe.WrongDomain: "wallet_domain_mismatch",
    siwe.WrongStatement: "wallet_statement_mismatch",
    nonces.NonceRefused: "wallet_nonce_refused",
    wallet_proofs.SignatureRefused: "wallet_signature_refused",
    wallets.SessionNeeded: "forbidden",
    wallets.WalletLinked: "conflict",
    wallets.WalletSuspended: "player_suspended",
    wallets.WalletUnknown: "wallet_unknown",
    answers.KeyInFlight: "key_in_flight",
    answers.KeyReused: "idempotency_mismatch",
    assets.UnknownAsset: "unknown_symbol",
    authentication.NoPlayer: "no_player",
    item_faults.ItemsInvalid: "invalid_entry",
    item_faults.ItemsMisshapen: "invalid",
    item_faults.ItemsNotOpen: "round_not_open",
    item_faults.ItemsRefused: "invalid",
    item_faults.ItemsTooFar: "entry_too_far",
    item_faults.ItemsUnknown: "not_found",
    canonical.NotCanonical: "invalid",
    entry_forms.InvalidEntry: "invalid_entry",
    entry_shapes.Misshapen: "invalid",
    frames.NoFrame: "price_unavailable",
    idempotency.InvalidIdempotencyKey: "invalid_idempotency_key",
    keys.KeyRejected: "authentication_failed",
    ledger.LedgerBusy: "unavailable",
    operations.NotPossible: "conflict",
    operations.ReasonTooShort: "invalid",
    players.AlreadyPlaying: "conflict",
    players.HandleTaken: "handle_taken",
    players.PrimaryBotExists: "conflict",
    players.WalletTaken: "wallet_taken",
    predecessor.NoOpenRound: "no_open_round",
    predecessor.NotYourAddress: "not_your_address",
    providers.ProviderError: "price_unavailable",
    providers.UnknownSymbol: "unknown_symbol",
    queries.EntriesSealed: "entries_sealed",
    receipts.NotCommitted: "not_committed",
    seasons.NoAssets: "invalid",
    deliveries.NotReplayable: "conflict",
    endpoints.TooManyWebhooks: "conflict",
    targets.UnsafeTarget: "invalid",
    submissions.Collision: "unavailable",
    reach.EntryTooFar: "entry_too_far",
    score_pages.NoSuchPlace: "malformed",
    submissions.NothingToWithdraw: "nothing_to_withdraw",
    submissions.PlayerSuspended: "player_suspended",
    submissions.RoundNotFound: "not_found",
    submissions.RoundNotOpen: "round_not_open",
    vows.NoWallet: "no_wallet",
    vows.WrongRevision: "wrong_revision",
    vows.WrongSigner: "wrong_signer",
}
# Met only inside a sweep, a command or a pure module: at this border they would be our fault.
# A module or package stands for everything it defines.
INTERNAL = (
    "chain.anchors",
    "chain.deployment",
    "chain.merkle",
    "chain.networks",
    "chain.provenance",
    "chain.rpc",
    "chain.signatures",
    "chain.signers",
    "chain.verify",
    "chain.words",
    "config.embedded",
    "config.instants",
    "config.replay",
    "config.runner",
    "config.showcase",
    "config.sweeps",
    "config.testnet",
    "leaderboard.standings",
    "league.transitions",
    "league.volatility",
    "predictions.backtest",
    "markets.consensus",
    "markets.observations",
    "markets.providers.recordings",
    "markets.providers.registry",
    "markets.providers.replay",
    "predictions.commentary",
    "predictions.forecasters",
    "predictions.succession",
    "predictions.training",
    "predictions.versions",
)
FRAMEWORK: dict[type[Exception], str] = {
    InterfaceError: "unavailable",
    OperationalError: "unavailable",
    Http404: "not_found",
    PermissionDenied: "forbidden",
    RequestDataTooBig: "body_too_large",
    exceptions.AuthenticationFailed: "authentication_failed",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.NotFound: "not_found",
    exceptions.ParseError: "malformed",
    exceptions.PermissionDenied: "forbidden",
    exceptions.Throttled: "rate_limited",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.ValidationError: "invalid",
    strict_input.BodyTooLarge: "body_too_large",
}
TABLE = FRAMEWORK | DOMAIN
