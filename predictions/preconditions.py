"""Which revision of one's word a request builds on: If-Match and If-None-Match of RFC 9110.

The entity tag of a word is its revision, in quotes.
"""

import re
from dataclasses import dataclass
from typing import Final

ANY: Final = frozenset[int]()
LISTED: Final = re.compile(r'"\d{1,9}"([ \t]*,[ \t]*"\d{1,9}"){0,19}', re.ASCII)


class NotAPrecondition(Exception):
    """The header is neither * nor a list of revisions in quotes."""


class RevisionMoved(Exception):
    """What stands is not what the request builds on."""


@dataclass(frozen=True, slots=True)
class Precondition:
    """Revisions of which one must stand, or none may; ANY is any at all, None asks nothing."""

    match: frozenset[int] | None = None
    none_match: frozenset[int] | None = None

    def require(self, revision: int | None) -> None:
        """`revision`: of the word that stands, None without one. :raises RevisionMoved:"""
        is_met = self.match is None or _is_among(revision, self.match)
        if not is_met or (self.none_match is not None and _is_among(revision, self.none_match)):
            stands = "no prediction" if revision is None else f"revision {revision}"
            raise RevisionMoved(f"There is {stands} of yours in this round by now.")


NOTHING: Final = Precondition()


def read(*, match: str | None, none_match: str | None) -> Precondition:
    """Of the two headers. :raises NotAPrecondition:"""
    return Precondition(_revisions(match), _revisions(none_match))


def tag(revision: int) -> str:
    return f'"{revision}"'


def _revisions(header: str | None) -> frozenset[int] | None:
    if header is None:
        return None
    if header.strip() == "*":
        return ANY
    if not LISTED.fullmatch(header.strip()):
        raise NotAPrecondition('Give * or revisions in quotes: If-Match: "3".')
    return frozenset(map(int, re.findall(r"\d+", header)))


def _is_among(revision: int | None, wanted: frozenset[int]) -> bool:
    return revision is not None and (wanted == ANY or revision in wanted)
