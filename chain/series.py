"""Digests of many words of one player: what they have in common is laid out once."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from chain import networks, schema, words
from chain.hashing import keccak256

BASES: Final = {code: words.uint(code) for code in sorted(set(schema.BASIS_CODES.values()))}


class Series:
    """Predictions of `player` in `league` (see `schema.name_hash`), all of one revision."""

    def __init__(
        self,
        *,
        league: bytes,
        player: str,
        revision: int,
        payload_hash: bytes,
        network: networks.Network = networks.LOCAL,
    ) -> None:
        """:raises chain.words.NotRepresentable: when a value has no exact word."""
        self._first = words.name(schema.PREDICTION_TYPE) + words.bytes32(league)
        self._player = words.name(player)
        self._last = words.uint(revision) + words.bytes32(payload_hash)
        self._domain = b"\x19\x01" + schema.domain_separator(network)

    def digest(
        self, *, round_key: bytes, levels: Sequence[Decimal], basis: int, salt: bytes
    ) -> bytes:
        """`schema.prediction_digest` of such an entry; `levels` are its p10, p50 and p90.

        :raises chain.words.NotRepresentable: when a value has no exact word.
        """
        low, middle, high = levels
        row = (
            self._first,
            words.bytes32(round_key),
            self._player,
            words.fixed(low),
            words.fixed(middle),
            words.fixed(high),
            BASES[basis],
            self._last,
            words.bytes32(salt),
        )
        return keccak256(self._domain + keccak256(b"".join(row)))


def round_key(league: str, asset: str, *, instants_s: Iterable[int], rules_hash: str) -> bytes:
    """`schema.round_key` by Unix seconds of opens, locks, settles; `rules_hash` as hex."""
    return keccak256(
        b"".join(
            (
                words.name(league),
                words.name(asset),
                *map(words.uint, instants_s),
                words.bytes32(bytes.fromhex(rules_hash)),
            )
        )
    )
