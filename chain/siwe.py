"""Sign-In with Ethereum (EIP-4361): the message that a wallet signs, read and judged. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from chain import addresses

VERSION: Final = "1"
LONGEST: Final = 4_000
# How far `Issued At` may lie from our clock, either way.
LEEWAY: Final = timedelta(minutes=10)
_MARKS: Final = r"\-._~!$&'()*+,;=:@"  # of RFC 3986, but for / ? # [ ] and %
_SCHEME: Final = r"[A-Za-z][A-Za-z0-9+.\-]*"
_URI: Final = rf"{_SCHEME}:[A-Za-z0-9{_MARKS}/?#\[\]%]*"
_TIME: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+\-]\d\d:\d\d)"
GRAMMAR: Final = re.compile(
    rf"(?:(?P<scheme>{_SCHEME})://)?(?P<domain>[A-Za-z0-9{_MARKS}\[\]%]+)"
    r" wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n\n"
    rf"(?:(?P<statement>[A-Za-z0-9{_MARKS}/?#\[\] ]+)\n)?\n"
    rf"URI: (?P<uri>{_URI})\n"
    r"Version: (?P<version>\d+)\n"
    r"Chain ID: (?P<chain_id>[1-9]\d{0,17})\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,})\n"
    rf"Issued At: (?P<issued_at>{_TIME})"
    rf"(?:\nExpiration Time: (?P<expires_at>{_TIME}))?"
    rf"(?:\nNot Before: (?P<not_before>{_TIME}))?"
    rf"(?:\nRequest ID: (?P<request_id>[A-Za-z0-9{_MARKS}%]*))?"
    rf"(?P<resources>\nResources:(?:\n- {_URI})*)?",
    re.ASCII,
)


class MalformedMessage(ValueError):
    """Not a message of EIP-4361, character for character."""


class WrongDomain(ValueError):
    """The message was made for another site than this one."""


class WrongChain(ValueError):
    """The message names a chain that is not the league's."""


class WrongStatement(ValueError):
    """The message agrees to something else than what is asked."""


class Expired(ValueError):
    """The message's time is over."""


class TooEarly(ValueError):
    """The message's time has not come."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """The fields of a message; `address` with its checksum, instants in UTC."""

    domain: str
    address: str
    uri: str
    chain_id: int
    nonce: str
    issued_at: datetime
    scheme: str | None = None
    statement: str | None = None
    expires_at: datetime | None = None
    not_before: datetime | None = None
    request_id: str | None = None
    resources: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a message must say here; `origin` as in https://league.example.org."""

    origin: str
    chain_ids: Collection[int]
    statement: str

    @property
    def domain(self) -> str:
        return urlsplit(self.origin).netloc


def parse(text: str) -> Message:
    """:raises MalformedMessage: for anything that is not exactly one."""
    match = GRAMMAR.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        raise MalformedMessage("This is no message of EIP-4361.")
    found = match.groupdict()
    if found.pop("version") != VERSION:
        raise MalformedMessage("The version of the message is 1.")
    digits = found["address"][2:]
    if digits != addresses.checksummed(digits.lower()):
        raise MalformedMessage("The address needs its EIP-55 checksum.")
    resources = found.pop("resources")
    return Message(
        chain_id=int(found.pop("chain_id")),
        issued_at=_instant(found.pop("issued_at")),
        expires_at=_optional(found.pop("expires_at")),
        not_before=_optional(found.pop("not_before")),
        resources=None if resources is None else tuple(resources.split("\n- ")[1:]),
        **found,
    )


def text(message: Message) -> str:
    """The message as a wallet shows and signs it."""
    scheme = "" if message.scheme is None else f"{message.scheme}://"
    lines = [
        f"{scheme}{message.domain} wants you to sign in with your Ethereum account:",
        message.address,
        "",
        *([] if message.statement is None else [message.statement]),
        "",
        f"URI: {message.uri}",
        f"Version: {VERSION}",
        f"Chain ID: {message.chain_id}",
        f"Nonce: {message.nonce}",
        f"Issued At: {_published(message.issued_at)}",
    ]
    optional = {
        "Expiration Time": message.expires_at and _published(message.expires_at),
        "Not Before": message.not_before and _published(message.not_before),
        "Request ID": message.request_id,
    }
    lines += [f"{name}: {value}" for name, value in optional.items() if value is not None]
    if message.resources is not None:
        lines += ["Resources:", *(f"- {resource}" for resource in message.resources)]
    return "\n".join(lines)


def check(message: Message, *, terms: Terms, now: datetime) -> None:
    """Whether it was made for this site, this purpose and this time.

    :raises WrongDomain: and WrongChain, WrongStatement, Expired, TooEarly.
    """
    parts = urlsplit(terms.origin)
    schemes = (None, parts.scheme)
    if message.domain.lower() != terms.domain or message.scheme not in schemes:
        raise WrongDomain(f"The message must be for {terms.domain}.")
    if _origin(message.uri) != (parts.scheme, parts.netloc):
        raise WrongDomain(f"The URI of the message must be one of {terms.origin}.")
    if message.chain_id not in terms.chain_ids:
        known = " or ".join(map(str, sorted(terms.chain_ids)))
        raise WrongChain(f"The chain ID of the message must be {known}.")
    if message.statement != terms.statement:
        raise WrongStatement(f"The statement of the message must be: {terms.statement}")
    _check_times(message, now=now)


def _check_times(message: Message, *, now: datetime) -> None:
    if message.expires_at is not None and message.expires_at <= now:
        raise Expired("The message has expired.")
    if message.issued_at < now - LEEWAY:
        raise Expired("The message was issued more than ten minutes ago.")
    if message.not_before is not None and now < message.not_before:
        raise TooEarly("The message is not valid yet.")
    if now + LEEWAY < message.issued_at:
        raise TooEarly("The message was issued in the future.")


def _origin(uri: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(uri)
    except ValueError:  # brackets that hold no IPv6 address
        return None
    return parts.scheme, parts.netloc.lower()


def _optional(said: str | None) -> datetime | None:
    return None if said is None else _instant(said)


def _instant(said: str) -> datetime:
    try:
        return datetime.fromisoformat(said).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedMessage(f"{said} is no instant.") from error


def _published(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
