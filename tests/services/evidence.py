"""Everything the league promises to keep, read from the database and printed as sorted JSON."""

import json
import os
import sys
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from django.db.models import Model, QuerySet  # noqa: E402 -- Django first

from chain.models import Anchor  # noqa: E402
from leaderboard.models import Standing  # noqa: E402
from league.models import Round, RoundEvent  # noqa: E402
from predictions.models import Commitment, Prediction, Revision, Score, Tally  # noqa: E402

WORD = ("form", "basis", "p10", "p50", "p90", "accepted_at", "revision", "is_withdrawn")


def rows(queryset: QuerySet[Any], *columns: str) -> list[dict[str, Any]]:
    found = [
        {name: str(value) for name, value in row.items()} for row in queryset.values(*columns)
    ]
    return sorted(found, key=lambda row: tuple(row.values()))


def everything(model: type[Model]) -> QuerySet[Any]:
    return model._default_manager.all()


if __name__ == "__main__":
    facts = {
        "rounds": rows(
            everything(Round), "id", "status", "version", "locks_at", "reference_price",
            "settlement_price", "sigma_bp", "finalized_at",
        ),
        "events": rows(everything(RoundEvent), "round", "version", "from_status", "to_status"),
        "predictions": rows(everything(Prediction), "id", "round", "player__handle", *WORD),
        "revisions": rows(
            everything(Revision), "prediction", "prediction__round", "prediction__player__handle",
            *WORD,
        ),
        "commitments": rows(everything(Commitment), "round", "root", "count"),
        "scores": rows(everything(Score), "round", "player__handle", "points_milli"),
        "tallies": rows(everything(Tally), "player__handle", "rounds", "points_milli"),
        "standings": rows(
            everything(Standing), "player__handle", "rounds", "rank", "rating_milli"
        ),
        "anchors": rows(everything(Anchor), "kind", "subject", "status"),
    }  # fmt: skip
    sys.stdout.write(json.dumps(facts))
