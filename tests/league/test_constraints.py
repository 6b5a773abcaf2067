"""The database itself refuses what must never be, whoever writes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from league.models import League, Player, Round, RoundEvent, Season
from tests import factories
from tests.factories import NOON

HOUR = timedelta(hours=1)


@pytest.fixture
def round_(db: None) -> Round:
    return factories.round_of(factories.season(), locks_at=NOON)


def refused(name: str, write: Callable[[], object]) -> None:
    """`write` fails on the constraint of this name (SQLite names columns for a UNIQUE)."""
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        write()


def rewrite(round_: Round, **fields: Any) -> Callable[[], object]:
    return lambda: Round.objects.filter(pk=round_.pk).update(**fields)


@pytest.mark.parametrize(
    "times",
    [
        {"opens_at": NOON},
        {"opens_at": NOON + HOUR},
        {"settles_at": NOON},
        {"settles_at": NOON - HOUR},
        {"locks_at": NOON + 2 * HOUR},
    ],
)
def test_the_times_of_a_round_ascend(round_: Round, times: dict[str, Any]) -> None:
    refused("round_times_ascend", rewrite(round_, **times))


@pytest.mark.parametrize("status", ["", "OPEN", "cancelled", "finalised"])
def test_a_round_has_a_known_status(round_: Round, status: str) -> None:
    refused("round_status_known|round_running_has_reference", rewrite(round_, status=status))


def test_a_round_has_a_known_horizon(round_: Round) -> None:
    refused("round_horizon_known", rewrite(round_, horizon="2h"))


@pytest.mark.parametrize("status", ["running", "settled", "final"])
@pytest.mark.parametrize(
    "frame",
    [
        {"reference_price": None},
        {"sigma_bp": None},
        {"width": None},
        {"reference_price": 0},
        {"reference_price": -1},
        {"sigma_bp": 0.0},
        {"width": -0.9},
    ],
)
def test_a_running_round_has_its_whole_frame(
    round_: Round, status: str, frame: dict[str, Any]
) -> None:
    whole = {
        "reference_price": 60_000, "sigma_bp": 250.0, "width": 0.9,
        "settlement_price": 61_000, "outcome_bp": 165.3,
        "finalized_at": NOON if status == "final" else None,
    }  # fmt: skip
    refused("round_running_has_reference", rewrite(round_, status=status, **(whole | frame)))
    assert rewrite(round_, status=status, **whole)() == 1


@pytest.mark.parametrize("status", ["settled", "final"])
@pytest.mark.parametrize(
    "result", [{"settlement_price": None}, {"settlement_price": 0}, {"outcome_bp": None}]
)
def test_a_settled_round_has_its_price(round_: Round, status: str, result: dict[str, Any]) -> None:
    whole = {
        "reference_price": 60_000, "sigma_bp": 250.0, "width": 0.9,
        "settlement_price": 61_000, "outcome_bp": 165.3,
        "finalized_at": NOON if status == "final" else None,
    }  # fmt: skip
    refused("round_settled_has_price", rewrite(round_, status=status, **(whole | result)))


def test_final_and_its_time_come_together(round_: Round) -> None:
    whole = {
        "reference_price": 60_000, "sigma_bp": 250.0, "width": 0.9,
        "settlement_price": 61_000, "outcome_bp": 165.3,
    }  # fmt: skip
    refused("round_final_has_its_time", rewrite(round_, status="final", **whole))
    refused("round_final_has_its_time", rewrite(round_, finalized_at=NOON))


def test_a_slot_has_one_round(round_: Round) -> None:
    refused("UNIQUE.*opens_at|round_once_per_slot",
            lambda: factories.round_of(round_.season, locks_at=NOON))  # fmt: skip
    factories.round_of(round_.season, locks_at=NOON, symbol="ETH")
    factories.round_of(round_.season, locks_at=NOON, horizon="24h")


def test_a_transition_has_one_event(round_: Round) -> None:
    def event() -> None:
        RoundEvent.objects.create(round=round_, version=1, to_status="open", at=NOON)

    event()
    refused("UNIQUE.*version|event_one_per_transition", event)


# -- seasons and leagues -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("season_ends_after_start", {"ends_at": NOON}),
        ("season_ends_after_start", {"ends_at": NOON - HOUR}),
        ("season_price_mode_known", {"price_mode": "cached"}),
        ("season_price_mode_known", {"price_mode": ""}),
    ],
)
def test_a_season_is_credible(db: None, name: str, fields: dict[str, Any]) -> None:
    season = factories.season()
    refused(name, lambda: Season.objects.filter(pk=season.pk).update(**fields))


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("league_visibility_known", {"visibility": "secret"}),
        ("league_deadline_between_a_minute_and_a_day", {"settle_deadline_s": 59}),
        ("league_deadline_between_a_minute_and_a_day", {"settle_deadline_s": 86_401}),
    ],
)
def test_a_league_is_credible(db: None, name: str, fields: dict[str, Any]) -> None:
    league = factories.league()
    refused(name, lambda: League.objects.filter(pk=league.pk).update(**fields))


def test_slugs_are_taken_once(db: None) -> None:
    season = factories.season()
    refused("UNIQUE|unique", lambda: factories.season(season.league))
    refused("UNIQUE|unique", factories.league)


# -- players -------------------------------------------------------------------------------------
def player(handle: str, **fields: Any) -> Player:
    return Player.objects.create(handle=handle, name=handle, registered_at=NOON, **fields)


def test_a_player_is_of_a_known_kind(db: None) -> None:
    refused("player_kind_known", lambda: player("ghost", kind="cat"))


@pytest.mark.parametrize("kind", ["ai", "house", "crowd"])
def test_a_built_in_player_belongs_to_nobody(db: None, kind: str) -> None:
    user = User.objects.create_user("owner")
    refused("player_built_in_has_no_user", lambda: player("built", kind=kind, user=user))


def test_a_bot_has_an_owner_and_an_owner_one_primary_bot(db: None) -> None:
    user = User.objects.create_user("owner")
    refused("player_bot_has_an_owner", lambda: player("stray", kind="bot"))
    player("first", kind="bot", user=user)
    refused("UNIQUE|unique", lambda: player("second", kind="bot", user=user))
    player("spare", kind="bot", user=user, is_primary=False)
    player("other-spare", kind="bot", user=user, is_primary=False)


def test_a_person_is_one_human_with_one_wallet(db: None) -> None:
    user = User.objects.create_user("person")
    player("one", kind="human", user=user, wallet_address="0x" + "a" * 40)
    refused("UNIQUE|unique", lambda: player("two", kind="human", user=user))
    refused("UNIQUE|unique", lambda: player("x", kind="human", wallet_address="0x" + "a" * 40))
    refused("UNIQUE|unique", lambda: player("one", kind="human"))
    player("unlinked", kind="human")
    player("unlinked-too", kind="human")
