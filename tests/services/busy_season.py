"""A season under way: overdue rounds in the past, and a lock on every coming minute.

Run as a script on an empty migrated database, with the number of past minutes, of coming locks,
and the least seconds before the first of them: prints the people's keys and the rounds.
"""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from django.apps import apps

from tests.services import short_season
from tests.services.short_season import ASSETS, MINUTE  # sets Django up

if __name__ == "__main__":
    past, coming, lead_s = (int(word) for word in sys.argv[1:])
    made: dict[str, Any] = dict(short_season.make(past=past, now=datetime.now(UTC), lead_s=lead_s))
    first = (
        apps.get_model("league.Round")
        ._default_manager.select_related("season")
        .get(pk=made["open"][0])
    )
    later = [first.locks_at + number * MINUTE for number in range(1, coming)]
    made["open"] += [
        str(short_season.make_round(first.season, asset, at).pk)
        for at in later
        for asset in ASSETS
    ]
    made["locks_at"] = (first.locks_at + (coming - 1) * MINUTE).isoformat()
    sys.stdout.write(json.dumps(made))
