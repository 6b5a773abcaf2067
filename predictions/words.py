"""Making a word binding: its salt, its payload and the digest that will be committed."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from chain import networks, schema
from chain.series import Series
from league.frames import Frame
from league.models import Player, Round, Season
from predictions import vows
from predictions.entry_forms import PROB_UP, Entry, probit
from predictions.usage import Usage
from predictions.vows import Vow

NOTHING: Final = schema.payload_hash({})
_round_key: Final = lru_cache(maxsize=4096)(schema.round_key)


@dataclass(frozen=True, slots=True)
class Note:
    """How a built-in player came to its word, and the frame it measured on the way.

    `usage` is None for players whose words cost nothing worth recording.
    """

    reasoning: str
    as_of: datetime
    is_simulated: bool
    payload: Mapping[str, Any]
    frame: Frame
    usage: Usage | None = None


def round_key(round_: Round) -> bytes:
    """The round's identity on any chain, 32 bytes."""
    return _round_key(
        league=round_.season.pinned["league"],
        asset=round_.asset_id,
        opens_at=round_.opens_at,
        locks_at=round_.locks_at,
        settles_at=round_.settles_at,
        rules_hash=bytes.fromhex(round_.season.rules_hash),
    )


def network(season: Season) -> networks.Network:
    """Where a season's digests are meant to be checked."""
    return networks.parse(season.network)


@dataclass(frozen=True, slots=True)
class Seal:
    """What makes a word binding: which revision it is, what stands behind it, and the salt."""

    revision: int
    payload_hash: bytes
    salt: bytes


def seal(*, revision: int, note: Note | None, vow: Vow | None = None) -> Seal:
    """A fresh salt, or what was signed; a built-in player's payload is hashed with its word."""
    payload = schema.payload_hash(note.payload) if note else NOTHING
    return Seal(revision, payload, vow.salt if vow else secrets.token_bytes(32))


def committed(*, round_: Round, player: Player, entry: Entry, seal: Seal) -> schema.Entry:
    """The word as the EIP-712 structure whose digest is the commitment."""
    return schema.Entry(
        round_key=round_key(round_),
        league=schema.name_hash(round_.season.pinned["league"]),
        player=player.handle,
        p10=entry.p10,
        p50=entry.p50,
        p90=entry.p90,
        basis=schema.basis_code(form=entry.form, basis=entry.basis),
        revision=seal.revision,
        payload_hash=seal.payload_hash,
        salt=seal.salt,
    )


def first_series(player: str, season: Season) -> Series:
    """Words of a handle in a season: first ones with nothing behind them."""
    return Series(
        league=schema.name_hash(season.pinned["league"]),
        player=player,
        revision=1,
        payload_hash=NOTHING,
        network=network(season),
    )


@dataclass(frozen=True, slots=True)
class Word:
    """What one revision of a prediction says, and when it was accepted."""

    round_: Round
    player: Player
    entry: Entry
    note: Note | None
    accepted_at: datetime
    vow: Vow | None = None

    def columns(self, *, revision: int) -> dict[str, Any]:
        """Its fields in the database, sealed with a salt of its own.

        :raises predictions.vows.WrongSigner: and what predictions.vows.check does.
        """
        entry, note, home = self.entry, self.note, network(self.round_.season)
        sealed = seal(revision=revision, note=note, vow=self.vow)
        struct = committed(round_=self.round_, player=self.player, entry=entry, seal=sealed)
        if self.vow is not None:
            vows.check(self.vow, struct, player=self.player, network=home)
        return {
            "form": entry.form,
            "basis": entry.basis,
            "p10": entry.p10,
            "p50": entry.p50,
            "p90": entry.p90,
            "accepted_at": self.accepted_at,
            "is_withdrawn": False,
            "probit": probit(entry) if entry.form == PROB_UP else None,
            "reasoning": note.reasoning[:2000] if note else "",
            "as_of": note.as_of if note else None,
            "is_simulated_reasoning": bool(note and note.is_simulated),
            "salt": sealed.salt,
            "payload_hash": sealed.payload_hash,
            "digest": schema.prediction_digest(struct, network=home),
            "signature": self.vow.signature if self.vow else None,
        }
