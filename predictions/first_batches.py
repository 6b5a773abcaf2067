"""A player's first words on many public rounds in one statement, which is also its transaction.

As predictions.first_words, for five hundred at once: the statement asks everything again that
this process only remembers, of every round and of the key. It writes all of them or none; where
it writes none the ordinary way finds out why. PostgreSQL only.
"""

import functools
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections

from chain import schema
from league import frames, gate, keys, known, prepared
from league.identifiers import uuid7s
from league.known import Facts
from league.models import ApiKey, Player
from predictions import bulk, reach, words
from predictions.bulk import Item
from predictions.entry_forms import PROB_UP, probit
from predictions.reach import Quantiles, Ruler

SALT_BYTES = 32
# Lists travel as one text each and are split by the server: a driver's arrays cost more. No value
# in them holds a comma. Salts and digests are one string of bytes each, cut by their place.
LISTS: Final = {
    "id": "uuid", "round_id": "uuid", "form": "text", "basis": "text", "p10": "numeric",
    "p50": "numeric", "p90": "numeric", "probit": "float8", "opens_s": "float8",
    "locks_s": "float8", "settles_s": "float8",
}  # fmt: skip
INSERT: Final = """
WITH facts AS MATERIALIZED (
    SELECT {typed}, u.place, to_timestamp(u.opens_s::float8) AS opens_at,
        to_timestamp(u.locks_s::float8) AS locks_at,
        to_timestamp(u.settles_s::float8) AS settles_at
    FROM unnest({lists}) WITH ORDINALITY AS u ({names}, place)
), pinned AS MATERIALIZED (
    SELECT u.id::uuid, u.rules_hash FROM unnest(
        string_to_array(%(season_ids)s, ','), string_to_array(%(rules_hashes)s, ',')
    ) AS u (id, rules_hash)
), gate AS MATERIALIZED ({door}), entrance AS MATERIALIZED (
    SELECT clock.at FROM (
        SELECT min(gate.at) AS at, max(gate.at) AS until FROM gate
    ) AS clock
    WHERE clock.until = clock.at AND {still_so}{still_good} AND NOT EXISTS (
        SELECT 1 FROM predictions_prediction AS p
        WHERE p.player_id = %(player_id)s AND p.round_id = {among}
    )
), word AS (
    INSERT INTO predictions_prediction (
        id, round_id, player_id, form, basis, p10, p50, p90, probit, accepted_at, revision,
        is_withdrawn, reasoning, is_simulated_reasoning, payload_hash, salt, digest
    )
    SELECT
        f.id, f.round_id, %(player_id)s, f.form, f.basis, f.p10, f.p50, f.p90, f.probit,
        entrance.at, 1, false, '', false, %(payload_hash)b,
        substring(%(salts)b::bytea FROM (f.place::int - 1) * 32 + 1 FOR 32),
        substring(%(digests)b::bytea FROM (f.place::int - 1) * 32 + 1 FOR 32)
    FROM entrance, facts AS f
    ORDER BY f.round_id
    RETURNING accepted_at
)
SELECT max(accepted_at) FROM word
"""
AMONG: Final = "ANY((SELECT array_agg(round_id) FROM facts)::uuid[])"


@dataclass(frozen=True, slots=True)
class Offer:
    """A remembered key's entries to remembered rounds: by item, in their order."""

    key: ApiKey
    items: Sequence[Item]
    facts: Sequence[Facts]
    markets: Mapping[str, Facts]  # of each one round


@dataclass(frozen=True, slots=True)
class Together:
    """What one statement wrote at one instant: by item, in their order."""

    player: Player
    ids: Sequence[UUID]
    items: Sequence[Item]
    quantiles: Sequence[Quantiles]
    digests: bytes  # 32 of each
    at: datetime


def is_possible() -> bool:
    """SQLite has no arrays; its writer is alone and goes the ordinary way."""
    return bool(connection.vendor == "postgresql")


def enter(key: ApiKey, items: Sequence[Item], *, now: datetime) -> Together | None:
    """None where one of the words is no first one, or may not be entered: nothing is written then.

    :raises predictions.item_faults.ItemsTooFar: and league.frames.NoFrame, before anything is.
    """
    found = known.public_facts([item.round_id for item in items], now=now)
    if len(found) < len(items):
        return None
    facts = [found[item.round_id] for item in items]
    offer = Offer(key, items, facts, {each.market: each for each in facts})
    quantiles = bulk.measured(items, _rulers(offer, now=now))
    ids = uuid7s(len(items))
    sealed = _sealed(offer)
    at = _insert(_lists(offer, ids) | sealed | keys.good(key))
    if at is None:
        return None
    return Together(key.player, ids, items, quantiles, sealed["digests"], at)


def _rulers(offer: Offer, *, now: datetime) -> list[Ruler]:
    """By item; those of one market share theirs."""
    rulers = {
        market: reach.ruler(frames.recent(each.example(), now=now))
        for market, each in offer.markets.items()
    }
    return [rulers[each.market] for each in offer.facts]


def _lists(offer: Offer, ids: Sequence[UUID]) -> dict[str, str]:
    entries = [item.entry for item in offer.items]
    seasons = {each.season.pk: each.season for each in offer.markets.values()}
    lists: dict[str, Iterable[str]] = {
        "season_ids": (key.hex for key in seasons),
        "rules_hashes": (season.rules_hash for season in seasons.values()),
        "id": (key.hex for key in ids),
        "round_id": (item.round_id.hex for item in offer.items),
        "form": (entry.form for entry in entries),
        "basis": (entry.basis for entry in entries),
        "p10": (str(entry.p10) for entry in entries),
        "p50": (str(entry.p50) for entry in entries),
        "p90": (str(entry.p90) for entry in entries),
        "probit": (repr(probit(e)) if e.form == PROB_UP else "" for e in entries),
        "opens_s": (str(each.opens_s) for each in offer.facts),
        "locks_s": (str(each.locks_s) for each in offer.facts),
        "settles_s": (str(each.settles_s) for each in offer.facts),
    }
    return {name: ",".join(values) for name, values in lists.items()}


def _sealed(offer: Offer) -> dict[str, Any]:
    """A salt for each, and the digests that will be committed."""
    count, handle = len(offer.items), offer.key.player.handle
    salts = secrets.token_bytes(SALT_BYTES * count)
    series = functools.cache(functools.partial(words.first_series, handle))
    digests = [
        series(facts.season).digest(
            round_key=facts.round_key,
            levels=(item.entry.p10, item.entry.p50, item.entry.p90),
            basis=schema.basis_code(form=item.entry.form, basis=item.entry.basis),
            salt=salts[SALT_BYTES * place : SALT_BYTES * (place + 1)],
        )
        for place, (item, facts) in enumerate(zip(offer.items, offer.facts, strict=True))
    ]
    return {
        "count": count,
        "salts": salts,
        "digests": b"".join(digests),
        "payload_hash": words.NOTHING,
    }


def _insert(parameters: dict[str, Any]) -> datetime | None:
    database: Any = connections[DEFAULT_DB_ALIAS]  # the connection itself: its proxy is slow
    try:
        with prepared.cursor(database) as cursor:
            cursor.execute(_statement(), parameters)
            at = cursor.fetchone()[0]
    except IntegrityError:
        return None  # the same player's other request came first: this one revises it
    return None if at is None else gate.instant(at)


@functools.cache
def _statement() -> str:
    return INSERT.format(
        typed=", ".join(f"u.{name}::{kind} AS {name}" for name, kind in LISTS.items()),
        lists=", ".join(f"string_to_array(%({name})s, ',', '')" for name in LISTS),
        names=", ".join(LISTS),
        among=AMONG,
        door=gate.door(which=f"r.id = {AMONG}", more=known.COLUMNS),
        still_so=known.EACH_STILL_SO,
        still_good=keys.STILL_GOOD,
    )
