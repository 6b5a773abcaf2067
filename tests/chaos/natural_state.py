"""Every row of the league as text that two runs of the same history share.

Rows are named by what they mean, because keys differ from run to run (an aborted insert uses one
up, public ids are partly random): a round by its slot, a prediction by round and player. Left out:

* of words given anew (`SEALS`, `STAMPS`) the salt, the digest over it and the database's stamp:
  random, or of the hour of the run; check_invariants recomputes every digest;
* when a key was last used, an answer was asked for, a part of the league was last seen: the hour
  of the run; how many seconds an entry took;
* the text of remembered answers: it repeats ids and stamps; its reader compares it instead;
* each single bar and quote: their number and range per source stand for them (insert-only).
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import Count, ForeignKey, Max, Min, Model

from leaderboard.models import Board
from league.models import Player, Round, Season
from markets.models import Bar, Quote
from predictions.models import Prediction

APPS = ("config", "leaderboard", "predictions", "league", "markets", "chain")
SEALS = frozenset({"salt", "digest"})
STAMPS = frozenset({"accepted_at"})
VOLATILE = {
    "ApiKey": {"last_used_at"},
    "Answer": {"asked_at", "body"},
    "League": {"created_at"},
    "Season": {"created_at"},
    "Cost": {"seconds"},
}
UNSEEN = {"Heartbeat", "InvariantReport", "Bar", "Quote"}
Names = dict[type[Model], dict[Any, str]]


def lines(*, without: frozenset[str]) -> list[str]:
    """A sorted line of JSON per row; `without` names what differs between words given anew."""
    names = _names()
    rows = [
        json.dumps([model.__name__, row], sort_keys=True, default=_plain)
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if model.__name__ not in UNSEEN
        for row in _rows(model, names, without)
    ]
    return sorted([*rows, *_market()])


def digest(of: list[str]) -> str:
    return hashlib.sha256("\n".join(of).encode()).hexdigest()


def _rows(model: type[Model], names: Names, without: frozenset[str]) -> Iterator[dict[str, Any]]:
    volatile = VOLATILE.get(model.__name__, set()) | without
    own = None if model._meta.pk.is_relation else model._meta.pk.attname
    relations = {
        field.attname: names[field.related_model]
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model in names
    }
    for row in model._default_manager.values():
        yield {
            name: relations[name].get(value) if name in relations else value
            for name, value in row.items()
            if name not in volatile and (name != own or isinstance(value, str))
        }


def _names() -> Names:
    seasons = dict(Season.objects.values_list("pk", "slug"))
    rounds = {
        key: f"{seasons[season]} {asset} {horizon} {opens_at:%Y-%m-%dT%H:%M:%S}"
        for key, season, asset, horizon, opens_at in Round.objects.values_list(
            "pk", "season", "asset", "horizon", "opens_at"
        )
    }
    players = dict(Player.objects.values_list("pk", "handle"))
    predictions = {
        key: f"{rounds[round_]} {players[player]}"
        for key, round_, player in Prediction.objects.values_list("pk", "round", "player")
    }
    boards = {
        key: f"{seasons[season]} {horizon}"
        for key, season, horizon in Board.objects.values_list("pk", "season", "horizon")
    }
    entries = dict(apps.get_model("chain.LedgerEntry").objects.values_list("pk", "head"))
    return {
        Season: seasons,
        Round: rounds,
        Player: players,
        Prediction: predictions,
        Board: boards,
        apps.get_model("chain.LedgerEntry"): entries,
    }


def _market() -> Iterator[str]:
    for model, interval, at in ((Bar, ["interval"], "opened_at"), (Quote, [], "source_time")):
        found = model.objects.values("asset", "source", *interval).annotate(
            count=Count("pk"), first=Min(at), last=Max(at)
        )
        yield from (
            json.dumps([model.__name__, row], sort_keys=True, default=_plain) for row in found
        )


def _plain(value: Any) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
