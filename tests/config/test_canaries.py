"""Secrets of every kind go through requests, failures, pages and tasks, and come out nowhere."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config import schedule
from config.celery import app
from config.logging import RedactingFormatter
from league import keys
from league.models import ApiKey, WalletNonce, Webhook
from league.webhooks import deliveries, endpoints, secrets, signatures, sweep
from tests.api import oidc_issuer
from tests.api import world as worlds
from tests.api.oidc_issuer import LocalIssuer
from tests.api.world import World, bearer

ROOT = Path(__file__).parents[2]
PASSWORD = "canary-password-7f3a"  # an account's
BODY = {"form": "prob_up", "prob_up": "0.5"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return worlds.build(timezone.now().replace(microsecond=0))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the configured handler writes."""
    handler = next(
        one
        for one in logging.getLogger().handlers
        if isinstance(one.formatter, RedactingFormatter)
    )
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before or sys.stderr)


def test_requests_and_their_failures_tell_no_secret(
    world: World, settings: Any, log: io.StringIO
) -> None:
    settings.ROOT_URLCONF = "tests.config.failing_urls"
    settings.RATE_LIMIT_RPM = 1_000_000
    assert world.alice.user is not None
    world.alice.user.set_password(PASSWORD)
    world.alice.user.is_staff = world.alice.user.is_superuser = True
    world.alice.user.save()
    told: list[str] = []
    with oidc_issuer.serving(oidc_issuer.rsa_key("one")) as issuer:
        issuer.trust(settings)
        canaries = provoke(world, issuer, told)
    told += pages(world.alice.user)
    logged = log.getvalue()
    assert "secrets were sent" in logged, "the failing view was logged"
    assert len(told) > 100
    for name, canary in canaries.items():
        assert canary not in logged, name
        assert not [text for text in told if canary in text], name


def provoke(world: World, issuer: LocalIssuer, told: list[str]) -> dict[str, str]:
    """Answers that may not tell a secret go to `told`; those whose purpose it is do not."""
    client = Client(raise_request_exception=False)
    session = signed_in(client)
    token = issuer.token(oidc_issuer.rsa_key("one"))
    hook = endpoints.create(
        account=world.bobs_account,
        wanted=endpoints.Wanted("https://127.0.0.2.invalid/hook", ["round.opened"], "http://t"),
        now=world.now,
    )
    nonce = client.post(
        "/api/v1/auth/wallet/nonce", {"address": worlds.ALICE_WALLET}, "application/json"
    ).json()["nonce"]
    deliveries.ping(hook.webhook, now=world.now)
    sweep.deliver(now=world.now)
    revoked = keys.issue(player=world.bob, now=world.now)
    keys.revoke(revoked.key, now=world.now)
    shown = {
        "key": world.bob_key, "revoked key": revoked.secret, "token": token, "session": session,
        "webhook": hook.secret, "nonce": nonce, "password": PASSWORD,
    }  # fmt: skip
    for secret in shown.values():
        told += [text_of(answer) for answer in misuse(client, secret, world)]
    raw = {f"{name}'s bits": secret.rpartition("_")[2] for name, secret in shown.items()}
    csrf = client.cookies["csrftoken"].value
    digest = ApiKey.objects.get(player=world.bob, revoked_at=None).secret_sha256
    salts = {"salt": Webhook.objects.get().salt, "digest": digest, "csrf": csrf}
    del raw["nonce's bits"], shown["nonce"]  # its message holds it, and it is used up there
    return shown | raw | salts


def signed_in(client: Client) -> str:
    form = {"username": "alice", "password": PASSWORD}
    client.post("/api/auth/login/", form | {"password": PASSWORD + "x"})
    client.get("/api/auth/login/")
    assert client.post("/api/auth/login/", form).status_code == 302
    return client.cookies["sessionid"].value


def misuse(client: Client, secret: str, world: World) -> list[Any]:
    """Everywhere a client may put what it should not show."""
    access = bearer(secret)
    stranger = Client(raise_request_exception=False)
    headers = {
        "X-Api-Key": secret,
        "Cookie": f"sessionid={secret}",
        "Authorization": f"Bearer {secret}",
    }
    entry = f"/api/v1/rounds/{world.open_round.pk}/prediction"
    return [
        stranger.get("/api/fail", headers=headers),
        stranger.get("/fail", headers=headers),
        stranger.get("/api/v1/keys", **access),
        stranger.get("/api/v1/players/me", headers={"Cookie": f"sessionid={secret}"}),
        stranger.post(entry, BODY, "application/json", **access),
        stranger.post(entry, BODY | {secret: 1}, "application/json"),
        stranger.post("/api/auth/login/", {"username": "bob", "password": secret}),
        client.get("/api/v1/keys"),
        client.get("/api/v1/players/me"),
        client.get("/metrics"),
        client.get("/health"),
        client.get("/readyz"),
    ]


def pages(user: User) -> list[str]:
    """Every list and row of the admin."""
    client = Client()
    client.force_login(user)
    found = []
    for model in admin.site._registry:
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        listing = reverse(f"{base}_changelist")
        found.append(text_of(client.get(listing)))
        rows = model._default_manager.order_by("pk")[:3]
        found += [text_of(client.get(f"{listing}{row.pk}/change/")) for row in rows]
    return found


def text_of(answer: Any) -> str:
    body = b"".join(answer) if answer.streaming else answer.content
    return f"{dict(answer.headers)} {list(answer.cookies)} {body.decode(errors='replace')}"


def test_tasks_carry_no_arguments() -> None:
    """What a hint does not hold, no broker, log or monitor can show."""
    for name, entry in app.conf.beat_schedule.items():
        assert not entry.get("args"), name
        assert not entry.get("kwargs"), name
    assert set(app.conf.beat_schedule) == set(schedule.ENTRIES)


# -- a process whose every secret is a canary -----------------------------------------------
ENVIRONMENT = {
    "SECRET_KEY": "canary-secret-key-" + "a1" * 20,
    "GEMINI_API_KEY": "canary-gemini-key-5b2c",
    "GEMINI_API_ENDPOINT": "http://127.0.0.1:9",
    "COINGECKO_API_KEY": "canary-coingecko-key-9d1e",
    "PRIVATE_KEY": "0x" + "c4" * 32,
    "ACKNOWLEDGEMENT_KEY": "0x" + "d5" * 32,
    "CHAIN_RPC_URLS": "http://127.0.0.1:9/v3/canary-node-key-1f00",
    "CHAIN_ID": "31337",
    "CHAIN_CONTRACT": "0x5FbDB2315678afecb367f032d93F642f64180aa3",
    "REDIS_URL": "redis://:canary-redis-password@127.0.0.1:9/0",
    "DATABASE_URL": "postgresql://league:canary-database-password@127.0.0.1:9/league",
    "LOG_LEVEL": "DEBUG",
}
CANARIES = {
    "SECRET_KEY": ENVIRONMENT["SECRET_KEY"],
    "GEMINI_API_KEY": ENVIRONMENT["GEMINI_API_KEY"],
    "COINGECKO_API_KEY": ENVIRONMENT["COINGECKO_API_KEY"],
    "PRIVATE_KEY": "c4" * 32,
    "ACKNOWLEDGEMENT_KEY": "d5" * 32,
    "CHAIN_RPC_URLS": "canary-node-key-1f00",
    "REDIS_URL": "canary-redis-password",
    "DATABASE_URL": "canary-database-password",
}
PROGRAM = """
import io, json, logging, os, django
django.setup()
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from config import allowance
from chain import rpc

logger = logging.getLogger("canary")
def attempt(name, act):
    try:
        act()
    except Exception as error:
        logger.exception("canary.failed", extra={"what": name, "error": repr(error)})

attempt("database", connection.ensure_connection)
attempt("cache", lambda: cache.get("a"))
attempt("limit", lambda: allowance.take({"ip": "1"}, quota=1, url=settings.CACHE_REDIS_URL))
attempt("node", lambda: rpc.Node(settings.CHAIN_RPC_URLS, chain_id=31337).ask("eth_chainId"))
from chain.ledger import registry
attempt("ledger", lambda: registry.ledger().describe())
attempt("settings", lambda: (_ for _ in ()).throw(ValueError(str(vars(settings._wrapped)))))
from config.celery import app
attempt("broker", lambda: app.send_task("league.advance_rounds", retry=False))
from predictions.commentary import registry as commentators
attempt("comment", lambda: repr(commentators))
client = Client(raise_request_exception=False)
for path in "/ /api/v1/rounds /metrics /health /readyz /admin/ /api/v1/chain/info".split():
    answer = client.get(path, headers={"Host": "127.0.0.1"})
    print(path, answer.status_code, dict(answer.headers), answer.content.decode(errors="replace"))
"""


def test_a_process_whose_servers_are_all_down_tells_no_secret(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT), "VAR_DIR": str(tmp_path), **ENVIRONMENT,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=250,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    failed = {line["what"] for line in lines if line["message"] == "canary.failed"}
    assert {"database", "cache", "node", "settings"} <= failed
    assert "/api/v1/rounds 503" in done.stdout
    for name, canary in CANARIES.items():
        assert canary.lower() not in (done.stdout + done.stderr).lower(), name


def test_secrets_are_not_in_the_words_of_what_holds_them(world: World) -> None:
    """Repr and str end up in tracebacks."""
    issued = keys.issue(player=world.bob, now=world.now)
    hook = endpoints.create(
        account=world.bobs_account,
        wanted=endpoints.Wanted("https://hook.example.org/", ["round.opened"], "http://t"),
        now=world.now,
    )
    raw = signatures.shown(secrets.current(hook.webhook))
    for thing in (issued, issued.key, hook, hook.webhook):
        assert issued.secret not in f"{thing!r} {thing}"
        assert raw not in f"{thing!r} {thing}"
    assert WalletNonce.objects.count() == 0
