"""Where a webhook may point: an address of the public internet, and nothing on our side of it.

Judged twice: the URL when it is given, and every address its name has when it is used. The names'
servers belong to strangers, so only the second look decides.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 500
# One reading only: no user, no fragment, nothing that two parsers could take for different things.
SHAPE: Final = re.compile(r"(https?)://([A-Za-z0-9._:\[\]-]+)(/[A-Za-z0-9._~:/?@!$&'()*+,;=%-]*)?")
LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
# A last label begins with a letter: 127.1, 0x7f.1 and 2130706433 are numbers to a resolver.
NAME: Final = re.compile(rf"(?=.{{1,253}}\Z)(?:{LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])")
OWN: Final = ("localhost", "local", "internal", "arpa", "onion")
DEFAULT_PORTS: Final = {"https": 443, "http": 80}
PORTS: Final = range(1024, 2**16)
PLACE: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?")
LOOPBACK: Final = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
# RFC 6890 and its successors, and what clouds keep to themselves.
CLOSED_V4: Final = tuple(
    ipaddress.IPv4Network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "168.63.129.16/32",
    )
)  # fmt: skip
# Mapped, translated (64:ff9b::), private, local and multicast addresses are not global unicast.
OPEN_V6: Final = ipaddress.IPv6Network("2000::/3")
CLOSED_V6: Final = tuple(
    ipaddress.IPv6Network(one)
    for one in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


class UnsafeTarget(Exception):
    """Nobody may have us send anything there."""


@dataclass(frozen=True, slots=True)
class Target:
    """`host` is a name or an address without brackets; `path` includes the query."""

    scheme: str
    host: str
    port: int
    path: str


def read(url: str, *, allow_loopback: bool) -> Target:
    """The parts of a URL, none of them ambiguous.

    With `allow_loopback`, for development, http and this machine itself will do, too.
    :raises UnsafeTarget: unless it is one we may send to, as far as it tells.
    """
    found = SHAPE.fullmatch(url)
    if len(url) > LONGEST or found is None:
        raise UnsafeTarget("Give an https:// address of visible ASCII, without user or fragment.")
    scheme, place, path = found[1], found[2], found[3] or "/"
    if scheme != "https" and not allow_loopback:
        raise UnsafeTarget("Only https:// is sent to.")
    host, port = _split(place)
    _judge_host(host, allow_loopback=allow_loopback)
    return Target(scheme, host, DEFAULT_PORTS[scheme] if port is None else port, path)


def judge(address: str, *, allow_loopback: bool) -> str:
    """The address as it came, when it is one of the public internet.

    :raises UnsafeTarget: when it is ours, a neighbour's, a cloud's, or everybody's at once.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        raise UnsafeTarget("This is no address.") from None
    is_ours = allow_loopback and any(found in one for one in LOOPBACK)
    if not is_ours and not is_public(found):
        raise UnsafeTarget("This is no address of the public internet.")
    return address


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in one for one in CLOSED_V4)
    is_plain = address.scope_id is None and address in OPEN_V6
    return is_plain and not any(address in one for one in CLOSED_V6)


def _judge_host(host: str, *, allow_loopback: bool) -> None:
    if allow_loopback and host == "localhost":
        return
    if ":" in host or host.replace(".", "").isdecimal():
        judge(host, allow_loopback=allow_loopback)
    elif not NAME.fullmatch(host) or host.rpartition(".")[2] in OWN:
        raise UnsafeTarget("This is no host of the public internet.")


def _split(place: str) -> tuple[str, int | None]:
    """The host in lower case, without brackets, and the port if one is named."""
    found = PLACE.fullmatch(place)
    if found is None:
        raise UnsafeTarget("The host is not one.")
    port = None if found[3] is None else int(found[3])
    if port is not None and port not in DEFAULT_PORTS.values() and port not in PORTS:
        raise UnsafeTarget("The port must be 443, 80, or 1024 and above.")
    return (found[1] or found[2]).lower(), port
