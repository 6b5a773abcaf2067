"""A webhook's secret: 32 bytes derived from its salt and SECRET_KEY, stored nowhere.

Whoever copies the database can sign nothing; whoever changes SECRET_KEY keeps the former one in
SECRET_KEY_FALLBACKS until every owner has asked for a new secret.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils.crypto import salted_hmac

from league.models import Webhook

PURPOSE: Final = "league.webhooks"
OVERLAP: Final = timedelta(hours=24)
SALT_BYTES: Final = 32


def salt() -> str:
    """A new one: a new secret."""
    return secrets.token_hex(SALT_BYTES)


def current(webhook: Webhook) -> bytes:
    """What its owner is shown, once."""
    return _derived(webhook.salt, settings.SECRET_KEY)


def accepted(webhook: Webhook, *, now: datetime) -> list[bytes]:
    """Everything a receiver may still know its messages by, the newest first."""
    salts = [webhook.salt]
    if webhook.old_salt_until is not None and now < webhook.old_salt_until:
        salts.append(webhook.old_salt)
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [_derived(one, key) for one in salts for key in keys]


def _derived(value: str, key: str) -> bytes:
    return salted_hmac(PURPOSE, value, secret=key, algorithm="sha256").digest()
