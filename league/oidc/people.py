"""Whose account an identity of the issuer's opens; on first use a new one, where that is open."""

import hashlib
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from league.models import Identity
from league.oidc.tokens import Claims


class AccountClosed(Exception):
    """The account behind the identity is not active."""


class NoAccount(Exception):
    """Nobody's account belongs to the identity, and new ones are not opened here."""


def of(claims: Claims, *, may_enrol: bool, now: datetime) -> User:
    """:raises AccountClosed: or NoAccount."""
    known = Identity.objects.of(claims.issuer, claims.subject)
    if known is None and not may_enrol:
        raise NoAccount("No account belongs to this identity, and registration is closed.")
    user = known.user if known else enrol(claims, now=now)
    if not user.is_active:
        raise AccountClosed("This account is closed.")
    return user


def enrol(claims: Claims, *, now: datetime) -> User:
    """A new account without a password, or the one another request has just made.

    :raises NoAccount: where an organiser has unlinked it.
    """
    try:
        with transaction.atomic(durable=True):
            user = User.objects.create_user(username=username(claims), password=None)
            Identity.objects.create(
                issuer=claims.issuer, subject=claims.subject, user=user, created_at=now
            )
    except IntegrityError as error:
        made = Identity.objects.of(claims.issuer, claims.subject)
        if made is None:
            raise NoAccount("This identity was unlinked from its account.") from error
        return made.user
    return user


def username(claims: Claims) -> str:
    """One nobody can take beforehand: handles, which name other accounts, have no dot."""
    whole = f"{claims.issuer}\n{claims.subject}"
    return f"oidc.{hashlib.sha256(whole.encode()).hexdigest()[:32]}"
