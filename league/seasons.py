"""Seasons: a league's rules pinned for a run of rounds."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from chain import networks, schema
from chain.ledger import registry
from league import cadence
from league.horizons import TABLE
from league.models import League, Season
from markets.modes import PriceMode

# The champion of the built-in players: who stands for AI in the verdicts of seasons from now on.
AI_SIDE: Final = "ensemble"
SALT_BYTES: Final = 16


class NoAssets(Exception):
    """A season needs at least one asset in its league."""


@dataclass(frozen=True, slots=True)
class Plan:
    slug: str
    name: str
    price_mode: str
    starts_at: datetime
    ends_at: datetime
    is_sandbox: bool = False


def rules_of(league: League) -> dict[str, Any]:
    """What a league's rounds are played by, ready to be hashed.

    :raises NoAssets: when the league names no asset.
    """
    assets = sorted(league.assets.values_list("pk", flat=True))
    if not assets:
        raise NoAssets(f"League {league.slug} has no assets.")
    horizons = sorted(league.horizons, key=lambda name: TABLE[name].length_s)
    return {
        "league": league.slug,
        "assets": assets,
        "horizons": horizons,
        "cadence": {name: league.cadence.get(name, TABLE[name].cadence_s) for name in horizons},
        "scoring_version": league.scoring_version,
        "settle_deadline_s": league.settle_deadline_s,
    }


def create(*, league: League, plan: Plan) -> Season:
    """A season whose rules can no longer change.

    :raises NoAssets: when the league names no asset.
    """
    season = Season(
        league=league,
        slug=plan.slug,
        name=plan.name,
        price_mode=plan.price_mode,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
    )
    pin(season, is_sandbox=plan.is_sandbox)
    season.save(force_insert=True)
    return season


def pin(season: Season, *, is_sandbox: bool = False) -> None:
    """Copy the league's rules into an unsaved season; its own slug makes every hash distinct.

    So is the network in force: what a season anchors is never spread over two. A replay or a
    sandbox proves nothing to anybody and never costs gas. And so is who stands for AI against the
    crowd: chosen afterwards, it would be the best of many. A private league's rules hold a salt:
    by what is anchored in public nobody can check a guess at its name.
    """
    is_free = is_sandbox or season.price_mode == PriceMode.REPLAY
    network = networks.LOCAL if is_free else registry.network()
    season.rules = rules_of(season.league) | {
        "season": season.slug,
        "price_mode": season.price_mode,
        "network": network.name,
        "ai_side": AI_SIDE,
    }
    if season.league.visibility == League.Visibility.PRIVATE:
        season.rules["salt"] = secrets.token_hex(SALT_BYTES)
    if is_sandbox:
        season.rules["is_sandbox"] = True
    season.rules_hash = schema.rules_hash(season.rules).hex()


def preview(
    *, rules: Mapping[str, Any], starts_at: datetime, ends_at: datetime, limit: int = 200
) -> list[cadence.Slot]:
    """The first rounds such a season would generate, in order of lock, horizon and asset."""
    window = cadence.Window(first_lock=starts_at, last_settlement=ends_at, opens_by=ends_at)
    found: list[cadence.Slot] = []
    for name in rules["horizons"]:
        found += islice(cadence.slots(rules={**rules, "horizons": [name]}, window=window), limit)
    return sorted(found, key=lambda slot: (slot.locks_at, slot.horizon, slot.asset))[:limit]
