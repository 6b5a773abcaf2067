"""What organisers do: leagues, seasons with their preview, interventions, players and keys."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from league import keys, seasons
from league.models import ApiKey, League, Player, Round, RoundEvent, Season
from league.models.round import Status
from tests.config import showroom

pytestmark = pytest.mark.django_db
ROUNDS = "/admin/league/round/"
SEASON_ADD = "/admin/league/season/add/"
REASON = "The exchanges disagree."


@pytest.fixture
def room() -> showroom.Showroom:
    return showroom.furnish()


@pytest.fixture
def league() -> League:
    return showroom.found()


def intervene(client: Client, round_: Round, action: str, **answers: str) -> Any:
    form = {"action": action, "_selected_action": str(round_.pk), **answers}
    return client.post(ROUNDS, form, follow=True)


# -- rounds ------------------------------------------------------------------------------------
def test_hold_asks_for_a_reason_then_holds(admin_client: Client, room: showroom.Showroom) -> None:
    asked = intervene(admin_client, room.running, "hold")
    assert b"at least 10 characters" in asked.content
    intervene(admin_client, room.running, "hold", _confirmed="1", reason=REASON)
    room.running.refresh_from_db()
    assert room.running.status == Status.HELD
    assert room.running.is_operator_held
    event = RoundEvent.objects.filter(round=room.running).order_by("version").last()
    assert event is not None
    assert (event.actor, event.reason) == ("admin", REASON)


@pytest.mark.parametrize(
    "answers",
    [
        {"reason": "too short", "word": "VOID"},
        {"reason": " " * 30, "word": "VOID"},
        {"reason": REASON, "word": "void"},
        {"reason": REASON},
        {"word": "VOID"},
    ],
)
def test_void_needs_both_a_reason_and_the_word(
    admin_client: Client, room: showroom.Showroom, answers: dict[str, str]
) -> None:
    answer = intervene(admin_client, room.running, "void", _confirmed="1", **answers)
    assert b"errorlist" in answer.content
    room.running.refresh_from_db()
    assert room.running.status == Status.RUNNING


def test_void_voids_with_the_reason_on_record(
    admin_client: Client, room: showroom.Showroom
) -> None:
    answer = intervene(
        admin_client, room.running, "void", _confirmed="1", reason=REASON, word="VOID"
    )
    assert b"1 void." in answer.content
    room.running.refresh_from_db()
    assert (room.running.status, room.running.hold_reason) == (Status.VOID, REASON)


def test_release_lets_a_held_round_go_on(admin_client: Client, room: showroom.Showroom) -> None:
    intervene(admin_client, room.held, "release", _confirmed="1")
    room.held.refresh_from_db()
    assert room.held.status == Status.RUNNING
    assert not room.held.is_operator_held


def test_what_is_not_possible_is_said_and_nothing_moves(
    admin_client: Client, room: showroom.Showroom
) -> None:
    answer = intervene(
        admin_client, room.final, "void", _confirmed="1", reason=REASON, word="VOID"
    )
    assert b"A final round cannot become void." in answer.content
    room.final.refresh_from_db()
    assert room.final.status == Status.FINAL


def test_a_viewer_has_no_actions(client: Client, room: showroom.Showroom) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_round"))
    client.force_login(viewer)
    assert b"Void: end without scores" not in client.get(ROUNDS).content
    intervene(client, room.running, "void", _confirmed="1", reason=REASON, word="VOID")
    room.running.refresh_from_db()
    assert room.running.status == Status.RUNNING


def test_a_rounds_page_lists_its_transitions(
    admin_client: Client, room: showroom.Showroom
) -> None:
    body = admin_client.get(f"{ROUNDS}{room.void.pk}/change/").content.decode()
    assert "Opened by mistake, sorry." in body


# -- seasons -----------------------------------------------------------------------------------
def season_form(of: League, **changes: str) -> dict[str, str]:
    starts, ends = showroom.NOW + timedelta(days=1), showroom.NOW + timedelta(days=30)
    return {
        "league": str(of.pk),
        "slug": "summer",
        "name": "Summer",
        "price_mode": "simulated",
        "starts_at_0": f"{starts:%Y-%m-%d}",
        "starts_at_1": "00:00:00",
        "ends_at_0": f"{ends:%Y-%m-%d}",
        "ends_at_1": "00:00:00",
        **changes,
    }


def previewed(client: Client, form: dict[str, str]) -> dict[str, str]:
    """The form as the preview page would send it."""
    context = client.post(SEASON_ADD, form).context
    return form | {context["seen_name"]: context["seen"]}


def test_a_season_is_previewed_round_by_round_before_it_exists(
    admin_client: Client, league: League
) -> None:
    answer = admin_client.post(SEASON_ADD, season_form(league))
    assert not Season.objects.filter(slug="summer").exists()
    day = showroom.NOW + timedelta(days=1)
    body = answer.content.decode()
    assert f"<td>BTC</td><td>{day - timedelta(days=1):%Y-%m-%d} 00:00</td>" in body
    assert "24h: a lock every 86400 s, 2 rounds a day" in body
    assert "1h: a lock every 3600 s, 48 rounds a day" in body


def test_a_previewed_season_is_made_with_its_rules_pinned(
    admin_client: Client, league: League
) -> None:
    answer = admin_client.post(
        SEASON_ADD, previewed(admin_client, season_form(league)), follow=True
    )
    assert answer.status_code == 200
    season = Season.objects.get(slug="summer")
    assert season.pinned["horizons"] == ["1h", "24h"]
    assert season.pinned["season"] == "summer"
    assert len(season.rules_hash) == 64


def test_another_plan_than_the_previewed_is_previewed_again(
    admin_client: Client, league: League
) -> None:
    seen = previewed(admin_client, season_form(league))
    later = showroom.NOW + timedelta(days=60)
    answer = admin_client.post(SEASON_ADD, seen | {"ends_at_0": f"{later:%Y-%m-%d}"})
    assert b"Create this season" in answer.content
    League.objects.filter(pk=league.pk).update(horizons=["24h"])
    admin_client.post(SEASON_ADD, seen)
    assert not Season.objects.filter(slug="summer").exists()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"ends_at_0": "2020-01-02"}, "A season ends after it starts."),
        ({"starts_at_0": "0001-01-01"}, "Give a time from 2020 to 2099."),
        ({"ends_at_0": "9999-12-31"}, "Give a time from 2020 to 2099."),
        ({"slug": "spring"}, "Season with this Slug already exists."),
        ({"price_mode": "replay"}, "Select a valid choice."),
        ({"starts_at_0": "tomorrow"}, "Enter a valid date."),
        ({"league": "nonsense"}, "is not a valid UUID."),
    ],
)
def test_an_impossible_season_is_refused_at_the_field(
    admin_client: Client, league: League, changes: dict[str, str], fault: str
) -> None:
    seasons.create(league=league, plan=showroom.plan("spring"))
    answer = admin_client.post(SEASON_ADD, season_form(league, **changes))
    assert fault in answer.content.decode()
    assert Season.objects.count() == 1


def test_a_league_without_assets_gets_no_season(admin_client: Client, league: League) -> None:
    league.assets.clear()
    answer = admin_client.post(SEASON_ADD, season_form(league))
    assert b"has no assets" in answer.content


def test_of_a_made_season_only_the_pause_can_change(
    admin_client: Client, room: showroom.Showroom
) -> None:
    page = f"/admin/league/season/{room.season.pk}/change/"
    assert b"Next rounds" in admin_client.get(page).content
    admin_client.post(page, {"is_paused": "on", "name": "Other", "price_mode": "live"})
    after = Season.objects.get(pk=room.season.pk)
    assert after.is_paused
    assert (after.name, after.price_mode) == (room.season.name, room.season.price_mode)
    assert (after.rules, after.rules_hash) == (room.season.rules, room.season.rules_hash)
    admin_client.post(page, {})
    assert not Season.objects.get(pk=room.season.pk).is_paused


# -- leagues -----------------------------------------------------------------------------------
def league_form(**changes: Any) -> dict[str, Any]:
    return {
        "slug": "weekly",
        "name": "Weekly",
        "visibility": "public",
        "assets": ["BTC", "SOL"],
        "horizons": ["24h", "7d"],
        "cadence": '{"24h": 43200}',
        "settle_deadline_s": "1800",
        **changes,
    }


def test_a_league_is_made_with_its_assets(admin_client: Client, league: League) -> None:
    admin_client.post("/admin/league/league/add/", league_form())
    league = League.objects.get(slug="weekly")
    assert league.horizons == ["24h", "7d"]
    assert league.cadence == {"24h": 43200}
    assert set(league.assets.values_list("pk", flat=True)) == {"BTC", "SOL"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"horizons": []}, "horizons"),
        ({"horizons": ["2h"]}, "horizons"),
        ({"cadence": "[]"}, "cadence"),
        ({"cadence": "0"}, "cadence"),
        ({"cadence": '{"24h": 90}'}, "cadence"),
        ({"cadence": '{"24h": true}'}, "cadence"),
        ({"cadence": '{"24h": 6048000}'}, "cadence"),
        ({"cadence": '{"1h": 3600}'}, "cadence"),
        ({"cadence": "{"}, "cadence"),
        ({"settle_deadline_s": "5"}, "__all__"),
        ({"assets": ["NOPE"]}, "assets"),
    ],
)
def test_a_wrong_league_is_refused_at_the_field(
    admin_client: Client, league: League, changes: dict[str, Any], field: str
) -> None:
    answer = admin_client.post("/admin/league/league/add/", league_form(**changes))
    assert field in answer.context["adminform"].form.errors
    assert not League.objects.filter(slug="weekly").exists()


def test_an_emptied_cadence_means_the_defaults(admin_client: Client, league: League) -> None:
    admin_client.post("/admin/league/league/add/", league_form(cadence=""))
    assert League.objects.get(slug="weekly").cadence == {}


def test_a_hidden_cadence_is_not_read(admin_client: Client, league: League) -> None:
    absurd = {"initial-cadence": "9" * 5_000}
    answer = admin_client.post("/admin/league/league/add/", league_form(**absurd))
    assert answer.status_code == 302


# -- players and keys --------------------------------------------------------------------------
def test_banning_a_player_is_one_tick_and_its_kind_stays(
    admin_client: Client, room: showroom.Showroom
) -> None:
    page = f"/admin/league/player/{room.bot.pk}/change/"
    admin_client.post(page, {"name": "A Bot", "is_primary": "on", "kind": "human"})
    room.bot.refresh_from_db()
    assert (room.bot.is_active, room.bot.kind) == (False, "bot")
    with pytest.raises(keys.KeyRejected):
        keys.verify(room.key.secret, now=showroom.NOW)


def test_a_person_is_added_and_a_bot_needs_an_owner(
    admin_client: Client, room: showroom.Showroom
) -> None:
    form = {"handle": "grace", "name": "Grace", "kind": "human"}
    admin_client.post("/admin/league/player/add/", form)
    assert Player.objects.get(handle="grace").registered_at is not None
    orphan = {"handle": "robo", "name": "Robo", "kind": "bot"}
    assert b"A bot has an owner." in admin_client.post("/admin/league/player/add/", orphan).content
    odd = form | {"handle": "odd", "wallet_address": "0x12"}
    answer = admin_client.post("/admin/league/player/add/", odd)
    assert "wallet_address" in answer.context["adminform"].form.errors
    owner = User.objects.get(username="person-1")
    admin_client.post("/admin/league/player/add/", orphan | {"user": str(owner.pk)})
    assert Player.objects.get(handle="robo").user == owner
    ai = {"handle": "hal", "name": "Hal", "kind": "ai"}
    admin_client.post("/admin/league/player/add/", ai)
    assert not Player.objects.filter(handle="hal").exists()


def test_revoking_a_key_ends_it(admin_client: Client, room: showroom.Showroom) -> None:
    form = {"action": "revoke", "_selected_action": str(room.key.key.pk)}
    answer = admin_client.post(reverse("admin:league_apikey_changelist"), form, follow=True)
    assert b"1 revoked." in answer.content
    assert ApiKey.objects.get(pk=room.key.key.pk).revoked_at is not None
    with pytest.raises(keys.KeyRejected):
        keys.verify(room.key.secret, now=showroom.NOW)
