"""The answers of the time machine about runs: the data of predictions.machine_shapes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.urls import reverse

from markets.modes import PriceMode
from predictions import machine_shapes as shapes
from predictions.models import TimeRun
from predictions.timemachine import runs
from predictions.timemachine.passages import Passage, Result
from predictions.timemachine.summaries import Summary


def run(found: TimeRun) -> dict[str, Any]:
    """RunSerializer's data."""
    path = reverse("time-run", args=[found.pk])
    row = {
        "id": found.pk,
        "base_url": path,
        "now": found.now_at,
        "symbols": found.symbols,
        "horizon": found.horizon,
        "cadence": found.cadence_s,
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
        "price_mode": found.price_mode,
        "is_simulated": found.price_mode != PriceMode.LIVE,
        "created_at": found.created_at,
        "expires_at": found.expires_at(kept=runs.kept()),
    }
    return dict(shapes.RunSerializer(row).data)


def detail(found: TimeRun, summary: Summary) -> Mapping[str, Any]:
    """RunDetailSerializer's data."""
    skill = summary.skill
    told = {
        "rounds": summary.rounds,
        "statuses": summary.statuses,
        "scored": summary.scored,
        "points": points(summary.points_milli),
        "mean_points": round(summary.points_milli / summary.scored / 1000, 3)
        if summary.scored
        else None,
        "skill_pct": skill and skill.wis_skill_pct,
        "skill_low": skill and skill.low,
        "skill_high": skill and skill.high,
        "coverage80": skill and skill.coverage80,
    }
    return run(found) | {"summary": shapes.RunSummarySerializer(told).data}


def passage(passed: Passage) -> Mapping[str, Any]:
    """PassageSerializer's data."""
    rows = [_result(one) for one in passed.results]
    return dict(shapes.PassageSerializer({"now": passed.until, "results": rows}).data)


def points(milli: int) -> str:
    return f"{Decimal(milli).scaleb(-3):.3f}"


def _result(one: Result) -> dict[str, Any]:
    milli = one.word.points_milli if one.word else None
    stands = one.word is not None and not one.word.is_withdrawn
    return {
        "round": one.row.pk,
        "asset": one.row.asset_id,
        "status": one.row.status,
        "locks_at": one.row.locks_at,
        "settles_at": one.row.settles_at,
        "reference_price": one.row.reference_price,
        "settlement_price": one.row.settlement_price,
        "outcome_bp": one.row.outcome_bp,
        "prediction": one.word.pk if one.word and stands else None,
        "points": None if milli is None else points(milli),
    }
