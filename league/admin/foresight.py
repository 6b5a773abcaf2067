"""The rounds a season will have, summed up for people to look at before they commit to it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from league import seasons
from league.cadence import Slot
from league.horizons import DAY

LOCKS = 4


@dataclass(frozen=True, slots=True)
class Outlook:
    """The first slots of one horizon; `per_day` counts its rounds of all assets."""

    horizon: str
    cadence_s: int
    per_day: float
    slots: Sequence[Slot]


def of_plan(plan: Mapping[str, Any]) -> list[Outlook]:
    """The outlook of a season form's cleaned values."""
    return outlook(
        rules=seasons.rules_of(plan["league"]),
        starts_at=plan["starts_at"],
        ends_at=plan["ends_at"],
    )


def outlook(*, rules: Mapping[str, Any], starts_at: datetime, ends_at: datetime) -> list[Outlook]:
    """By horizon, so that the frequent ones do not crowd out the rare."""
    return [
        Outlook(
            horizon=name,
            cadence_s=rules["cadence"][name],
            per_day=len(rules["assets"]) * DAY / rules["cadence"][name],
            slots=seasons.preview(
                rules={**rules, "horizons": [name]},
                starts_at=starts_at,
                ends_at=ends_at,
                limit=LOCKS * len(rules["assets"]),
            ),
        )
        for name in rules["horizons"]
    ]


def fingerprint(plan: Mapping[str, Any]) -> str:
    """SHA-256 over everything the outlook depends on."""
    facts = [seasons.rules_of(plan["league"]), str(plan["starts_at"]), str(plan["ends_at"])]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
