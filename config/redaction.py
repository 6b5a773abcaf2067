"""What must not be read in a log: secrets we know by value, and credentials we know by shape.

Nothing should log one. This is for what libraries put into the texts of their exceptions.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

HIDDEN: Final = "[redacted]"
LEAST: Final = 8  # anything shorter is a word that logs need
SHAPES: Final = re.compile(
    r"(?P<before>lg_live_[0-9a-f]{16}_)[0-9a-f]+"
    r"|(?P<hook>whsec_)[A-Za-z0-9+/=_-]+"
    r"|(?<![A-Za-z0-9_-])(?P<token>eyJ)[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"
    r"|(?P<scheme>(?i:bearer|basic) +)[^\s\"',;\\]+"
    r"|(?P<field>(?i:sessionid|csrftoken|csrfmiddlewaretoken|password|secret|api[_-]?key)"
    r"(?:\\?[\"'])?\s*[:=]\s*(?:\\?[\"'])?)[^\s\"'&;,\\}\]]+"
    r"|(?<![a-z0-9+.-])(?P<url>[a-z][a-z0-9+.-]{0,15}://[^\s/:@\"]*:)[^\s/@\"]+(?=@)"
)


class Redactor:
    """`values`: secrets of any length; a URL stands for the password and the path it holds."""

    def __init__(self, values: Iterable[str]) -> None:
        known = sorted({part for value in values for part in forms_of(value)}, key=len)
        words = "|".join(re.escape(word) for word in reversed(known))  # the longest first
        self._known = re.compile(words, re.IGNORECASE) if words else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        return SHAPES.sub(lambda found: f"{found[found.lastgroup or 0]}{HIDDEN}", text)


def forms_of(value: str) -> Iterator[str]:
    """Every way the secret may be written: as JSON has it, without 0x, out of its URL."""
    whole = value.strip()
    parts = [whole.removeprefix("0x")]
    if "://" in whole:
        url = urlsplit(whole)
        parts = [url.password or "", unquote(url.password or ""), url.path.strip("/"), url.query]
    for part in parts:
        if len(part) >= LEAST:
            yield part
            yield json.dumps(part)[1:-1]
