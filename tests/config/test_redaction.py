"""No secret is read in a log, whatever wrote the line."""

import json
import logging
from typing import Any

import pytest

from config.logging import RedactingFormatter
from config.redaction import HIDDEN, Redactor

KEY = "lg_live_0123456789abcdef_" + "a1" * 32
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
PRIVATE = "0x" + "C0ffee12" * 8


@pytest.mark.parametrize(
    ("text", "secret", "kept"),
    [
        (f"refused {KEY}.", "a1" * 32, "lg_live_0123456789abcdef_"),
        (f"Authorization: Bearer {TOKEN}", TOKEN, "Bearer"),
        (f"token {TOKEN[:40]}", "eyJzdWIi", "token"),
        ("Basic YWRhOnNlY3JldA==", "YWRhOnNlY3JldA", "Basic"),
        ("secret whsec_c2VjcmV0IHNlY3JldA==", "c2VjcmV0", "whsec_"),
        ("redis://:hunter22hunter@127.0.0.1:6379/0", "hunter22hunter", "@127.0.0.1:6379/0"),
        ("postgresql://league:hunter22hunter@db/league", "hunter22hunter", "league:"),
        ("Cookie: sessionid=abcdefgh; csrftoken=ijklmnop", "abcdefgh", "; csrftoken="),
        ("Cookie: sessionid=abcdefgh; csrftoken=ijklmnop", "ijklmnop", "sessionid="),
        ("username=ada&password=hunter22", "hunter22", "username=ada&"),
        ('{"password": hunter22}', "hunter22", "[redacted]}"),
        ("{'X-Api-Key': 'hunter22', 'A': 'b'}", "hunter22", "'A': 'b'"),
        ('{\\"secret\\": \\"hunter22\\"}', "hunter22", "secret"),
    ],
)
def test_credentials_are_known_by_their_shape(text: str, secret: str, kept: str) -> None:
    shown = Redactor(())(text)
    assert secret not in shown
    assert kept in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    ("value", "text", "secret"),
    [
        ("s3cret-of-the-league", "key s3cret-of-the-league!", "s3cret-of-the-league"),
        ('quo"te\\and more', json.dumps({"key": 'quo"te\\and more'}), "and more"),
        (PRIVATE, f"signed by {PRIVATE[2:].lower()}", PRIVATE[2:].lower()),
        ("https://node.example/v3/4cce55cce55", "GET /v3/4cce55cce55", "4cce55cce55"),
        ("redis://:p%40ssw0rd%21@h/0", "AUTH p@ssw0rd!", "p@ssw0rd!"),
    ],
)
def test_secrets_of_ours_are_known_by_value(value: str, text: str, secret: str) -> None:
    assert secret not in Redactor([value])(text)


def test_what_is_no_secret_stays() -> None:
    line = (
        '{"message": "chain.sent", "tx": "0x' + "ab" * 32 + '", "url": "https://a.example:8443/b",'
        ' "path": "/api/v1/rounds/0193f8a0-0000-7000-8000-000000000000", "email": "a:b@c"}'
    )
    assert Redactor(["", "word", "0x"])(line) == line


def test_message_extra_and_traceback_are_one_line(caplog: Any) -> None:
    secret = "s3cret-of-the-league"
    formatter = RedactingFormatter("%(message)s", redact=Redactor([secret]))
    logger = logging.getLogger("tests.redaction")
    try:
        int(f"in the exception: {secret}")
    except ValueError:
        logger.exception("in the message: %s", secret, extra={"more": [secret, {"deep": secret}]})
    line = formatter.format(caplog.records[-1])
    assert secret not in line
    told = json.loads(line)
    assert told["message"] == f"in the message: {HIDDEN}"
    assert told["more"] == [HIDDEN, {"deep": HIDDEN}]
    assert f"'in the exception: {HIDDEN}'" in told["exc_info"]
