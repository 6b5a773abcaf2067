"""EIP-4361, to the letter: what is a message, what is not, and what it must say here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain import siwe
from chain.siwe import Expired, MalformedMessage, Message, Terms, TooEarly, WrongChain, WrongDomain
from chain.siwe import WrongStatement as Otherwise

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
MINUTE, LEAST = timedelta(minutes=1), timedelta(microseconds=1)
ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # an EIP-55 example
BARE = f"""league.example.org wants you to sign in with your Ethereum account:
{ADDRESS}


URI: https://league.example.org/in
Version: 1
Chain ID: 1
Nonce: 0123456789abcdef
Issued At: 2025-03-01T12:00:00Z"""
FULL = f"""https://league.example.org:8443 wants you to sign in with your Ethereum account:
{ADDRESS}

I agree to play: fairly, ~always!

URI: https://league.example.org:8443/in?a=b#c
Version: 1
Chain ID: 11155111
Nonce: 0123456789abcdefXYZ
Issued At: 2025-03-01T13:30:00.25+01:30
Expiration Time: 2025-03-01T12:10:00Z
Not Before: 2025-03-01T11:59:00.000001Z
Request ID: a%20b-c.d_~!$&'()*+,;=:@
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.org/rules#fair"""
TERMS = Terms(origin="https://league.example.org", chain_ids=[1, 31337], statement="Sign in.")
GOOD = Message(
    domain="league.example.org",
    address=ADDRESS,
    uri="https://league.example.org/in",
    chain_id=1,
    nonce="0123456789abcdef",
    issued_at=NOW,
    statement="Sign in.",
)


def test_the_least_message() -> None:
    assert siwe.parse(BARE) == replace(GOOD, statement=None)


def test_every_optional_field() -> None:
    assert siwe.parse(FULL) == Message(
        scheme="https",
        domain="league.example.org:8443",
        address=ADDRESS,
        statement="I agree to play: fairly, ~always!",
        uri="https://league.example.org:8443/in?a=b#c",
        chain_id=11155111,
        nonce="0123456789abcdefXYZ",
        issued_at=NOW + timedelta(microseconds=250_000),
        expires_at=NOW + 10 * MINUTE,
        not_before=NOW - MINUTE + LEAST,
        request_id="a%20b-c.d_~!$&'()*+,;=:@",
        resources=(
            "ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/",
            "https://example.org/rules#fair",
        ),
    )


OPTIONAL = {
    "expires_at": NOW,
    "not_before": NOW,
    "request_id": "abc",
    "resources": ("https://example.org/a",),
    "statement": "Yes.",
    "scheme": "https",
}


@pytest.mark.parametrize("name", OPTIONAL)
def test_each_optional_field_may_stand_alone(name: str) -> None:
    changes: dict[str, Any] = {"statement": None} | {name: OPTIONAL[name]}
    message = replace(GOOD, **changes)
    assert siwe.parse(siwe.text(message)) == message


def test_an_empty_request_id_and_an_empty_list_are_not_absent_ones() -> None:
    message = replace(GOOD, request_id="", resources=())
    assert siwe.text(message).endswith("Request ID: \nResources:")
    assert siwe.parse(siwe.text(message)) == message


def test_our_text_is_the_standards() -> None:
    assert siwe.text(replace(GOOD, statement=None)) == BARE


INSTANTS = st.datetimes(timezones=st.just(UTC))


@given(
    st.builds(
        Message,
        domain=st.from_regex(r"[a-z0-9.\-]{1,20}(:[0-9]{2,4})?", fullmatch=True),
        address=st.just(ADDRESS),
        uri=st.from_regex(r"https://[a-z.]{1,9}/[a-z0-9%?=&#]{0,9}", fullmatch=True),
        chain_id=st.integers(1, 10**17),
        nonce=st.from_regex(r"[A-Za-z0-9]{8,40}", fullmatch=True),
        issued_at=INSTANTS,
        statement=st.none() | st.from_regex(r"[A-Za-z0-9 ,.!?:;']{1,60}", fullmatch=True),
        expires_at=st.none() | INSTANTS,
        not_before=st.none() | INSTANTS,
        request_id=st.none() | st.from_regex(r"[a-z0-9]{0,9}", fullmatch=True),
        resources=st.none() | st.tuples(st.just("ipfs://a"), st.just("https://b.c/d")),
    )
)
def test_what_is_written_is_read_back(message: Message) -> None:
    assert siwe.parse(siwe.text(message)) == message


LINES = BARE.splitlines()


def without(number: int) -> str:
    return "\n".join(LINES[:number] + LINES[number + 1 :])


def swapped(first: int, second: int) -> str:
    lines = list(LINES)
    lines[first], lines[second] = lines[second], lines[first]
    return "\n".join(lines)


NO_MESSAGES = {
    "nothing": "",
    "CRLF": BARE.replace("\n", "\r\n"),
    "one CR": BARE.replace("\n", "\r\n", 1),
    "a final line feed": BARE + "\n",
    "a space before": " " + BARE,
    "a space at a line's end": BARE.replace("Version: 1", "Version: 1 "),
    "a tab": BARE.replace("URI: ", "URI:\t"),
    "two spaces": BARE.replace("URI: ", "URI:  "),
    "an unknown line": BARE + "\nColour: green",
    "an unknown line between": BARE.replace("Nonce:", "Colour: green\nNonce:"),
    "a field twice": BARE.replace("Nonce:", "Nonce: 0123456789abcdef\nNonce:"),
    "a lower-case name": BARE.replace("URI:", "uri:"),
    "another preamble": BARE.replace("Ethereum account", "Bitcoin account"),
    "no domain": BARE.replace("league.example.org wants", " wants"),
    "two domains": BARE.replace(" wants", " evil.example wants", 1),
    "a domain with a path": BARE.replace("org wants", "org/x wants"),
    "an address in lower case": BARE.replace(ADDRESS, ADDRESS.lower()),
    "an address in upper case": BARE.replace(ADDRESS, "0x" + ADDRESS[2:].upper()),
    "an address of the wrong case": BARE.replace("5aAeb", "5AAeb"),
    "an address too short": BARE.replace(ADDRESS, ADDRESS[:-1]),
    "an address without 0x": BARE.replace(ADDRESS, ADDRESS[2:]),
    "a statement of two lines": FULL.replace("fairly,", "fairly\nand"),
    "a statement with odd characters": FULL.replace("fairly", "f\u00e4irly"),
    "a statement with a quotation mark": FULL.replace("fairly", '"fairly"'),
    "a statement and no empty line": FULL.replace("always!\n\n", "always!\n"),
    "one empty line too few": BARE.replace("\n\n\n", "\n\n"),
    "one empty line too many": BARE.replace("\n\n\n", "\n\n\n\n"),
    "version 2": BARE.replace("Version: 1", "Version: 2"),
    "version 01": BARE.replace("Version: 1", "Version: 01"),
    "chain 0": BARE.replace("Chain ID: 1", "Chain ID: 0"),
    "chain 01": BARE.replace("Chain ID: 1", "Chain ID: 01"),
    "a hexadecimal chain": BARE.replace("Chain ID: 1", "Chain ID: 0x1"),
    "an endless chain": BARE.replace("Chain ID: 1", "Chain ID: " + "1" * 19),
    "a chain of other digits": BARE.replace("Chain ID: 1", "Chain ID: \u0661"),
    "a short nonce": BARE.replace("0123456789abcdef", "0123456"),
    "a nonce with a hyphen": BARE.replace("0123456789abcdef", "01234567-89abcdef"),
    "a URI without a scheme": BARE.replace("https://league.example.org/in", "/in"),
    "a URI with a space": BARE.replace("/in", "/i n"),
    "a date": BARE.replace("T12:00:00Z", ""),
    "an hour without its zone": BARE.replace("00Z", "00"),
    "a lower-case z": BARE.replace("00Z", "00z"),
    "a 13th month": BARE.replace("2025-03", "2025-13"),
    "the 30th of February": BARE.replace("2025-03-01", "2025-02-30"),
    "the 25th hour": BARE.replace("T12", "T25"),
    "a zone of a day": BARE.replace("00Z", "00+24:00"),
    "before the first year": BARE.replace("2025-03-01T12:00:00Z", "0001-01-01T00:00:00+10:00"),
    "after the last year": BARE.replace("2025-03-01T12:00:00Z", "9999-12-31T23:59:59-10:00"),
    "the year 0": BARE.replace("2025", "0000"),
    "ten decimals": BARE.replace("00Z", "00.0123456789Z"),
    "expiry before issue in order": swapped(-1, -2),
    "nonce before chain": swapped(6, 7),
    "not before, then expiry": BARE
    + "\nNot Before: 2025-03-01T12:00:00Z\nExpiration Time: 2025-03-01T12:00:00Z",
    "resources, then request": BARE + "\nResources:\n- ipfs://a\nRequest ID: 1",
    "a resource without its dash": BARE + "\nResources:\nipfs://a",
    "a resource that is no URI": BARE + "\nResources:\n- a b",
    "a request with a slash": BARE + "\nRequest ID: a/b",
    "too long": BARE + "\nResources:" + "\n- ipfs://a" * 500,
    "a NUL": BARE.replace("fairly", "\0") + "\0",
} | {f"line {number} missing": without(number) for number in range(len(LINES)) if number != 2}


@pytest.mark.parametrize("kind", NO_MESSAGES)
def test_what_is_no_message(kind: str) -> None:
    with pytest.raises(MalformedMessage):
        siwe.parse(NO_MESSAGES[kind])


@given(st.text(max_size=300) | st.from_regex(r"[a-z.]{1,9} wants you to sign in[\s\S]{0,99}"))
def test_any_text_is_a_message_or_is_refused(text: str) -> None:
    with pytest.raises(MalformedMessage):
        siwe.parse(text)


@pytest.mark.parametrize("filler", ["a", "a ", " ", "%", "a:", ":", "-", "a/"])
def test_no_long_text_takes_long_to_refuse(filler: str) -> None:
    text = BARE.replace("\n\n\n", f"\n\n{filler * (3_000 // len(filler))}\x01\n\n")
    with pytest.raises(MalformedMessage):
        siwe.parse(text)


def check(now: datetime = NOW, **changes: Any) -> None:
    siwe.check(replace(GOOD, **changes), terms=TERMS, now=now)


def test_a_message_made_for_here_and_now() -> None:
    check()
    check(scheme="https", domain="LEAGUE.example.org", uri="https://LEAGUE.example.org")
    check(chain_id=31337)
    check(now=NOW + timedelta(minutes=10))
    check(now=NOW - timedelta(minutes=10))
    check(expires_at=NOW + LEAST, not_before=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "evil.example"},
        {"domain": "league.example.org.evil.example"},
        {"domain": "league.example.org:444"},
        {"domain": "evil@league.example.org"},
        {"scheme": "http"},
        {"uri": "https://evil.example/in"},
        {"uri": "http://league.example.org/in"},
        {"uri": "https://league.example.org@evil.example/in"},
        {"uri": "https://league.example.org:444/in"},
        {"uri": "https:league.example.org/in"},
        {"uri": "did:key:league.example.org"},
        {"uri": "https://[league.example.org/in"},
    ],
)
def test_a_message_of_another_site(changes: dict[str, Any]) -> None:
    with pytest.raises(WrongDomain):
        check(**changes)


def test_a_message_of_another_chain() -> None:
    with pytest.raises(WrongChain, match="1 or 31337"):
        check(chain_id=5)


@pytest.mark.parametrize("statement", [None, "Sign in", "Sign out."])
def test_a_message_that_agrees_to_something_else(statement: str | None) -> None:
    with pytest.raises(Otherwise, match=r"Sign in\."):
        check(statement=statement)


@pytest.mark.parametrize(
    ("now", "changes"),
    [
        (NOW, {"expires_at": NOW}),
        (NOW, {"expires_at": NOW - LEAST}),
        (NOW + 10 * MINUTE + LEAST, {}),
        (NOW + 10 * MINUTE + LEAST, {"expires_at": NOW + 60 * MINUTE}),
    ],
)
def test_a_message_whose_time_is_over(now: datetime, changes: dict[str, Any]) -> None:
    with pytest.raises(Expired):
        check(now, **changes)


@pytest.mark.parametrize(
    ("now", "changes"),
    [(NOW, {"not_before": NOW + LEAST}), (NOW - 10 * MINUTE - LEAST, {})],
)
def test_a_message_whose_time_has_not_come(now: datetime, changes: dict[str, Any]) -> None:
    with pytest.raises(TooEarly):
        check(now, **changes)


def test_instants_of_any_zone_are_compared_as_instants() -> None:
    there = timezone(timedelta(hours=-8))
    check(expires_at=(NOW + MINUTE).astimezone(there))
    with pytest.raises(Expired):
        check(expires_at=(NOW - MINUTE).astimezone(there))
