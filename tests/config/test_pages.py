"""The pages people read: what they show, what they keep sealed, and how little they ask."""

import re
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from config import page_urls
from config.templatetags import shown
from league import seasons
from league.models import League, Round, Season
from league.models.round import Status
from markets.modes import PriceMode
from predictions.models import Prediction
from tests.config import showroom

pytestmark = pytest.mark.django_db
VOID_TAGS = {"meta", "link", "input", "br", "path", "circle", "rect", "polygon"}
QUERIES = 14


@pytest.fixture(autouse=True)
def _cold_cache() -> None:
    cache.clear()


@pytest.fixture
def room() -> showroom.Showroom:
    return showroom.furnish()


class Outline(HTMLParser):
    """Which tags never close, which ids repeat, and what the strict policy would refuse."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.ids: list[str] = []
        self.faults: list[str] = []
        self.levels: list[int] = []
        self.feed(page)
        self.faults += self.stack

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.ids += [str(names["id"])] if "id" in names else []
        self.faults += [f"{tag} {name}" for name in names if name == "style" or name[:2] == "on"]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.faults.append(f"inline {tag}")
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag not in VOID_TAGS:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID_TAGS:
            return
        if not self.stack or self.stack.pop() != tag:
            self.faults.append(f"</{tag}>")


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def addresses(room: showroom.Showroom) -> list[str]:
    rounds = (room.open, room.running, room.held, room.final, room.void)
    return [
        "/", "/?horizon=24h", "/leaderboard", "/leaderboard?kind=ai", "/leaderboard?horizon=24h",
        "/how-scoring-works", "/players/person-0", "/players/crowd", "/players/a-bot?horizon=24h",
        *[f"/rounds/{round_.pk}" for round_ in rounds],
    ]  # fmt: skip


# -- every page --------------------------------------------------------------------------------
def test_every_page_is_well_formed_and_has_nothing_inline(
    client: Client, room: showroom.Showroom
) -> None:
    for address in addresses(room):
        outline = Outline(read(client, address))
        assert not outline.faults, address
        assert len(outline.ids) == len(set(outline.ids)), address
        assert outline.levels.count(1) == 1, address
        steps = zip(outline.levels, outline.levels[1:], strict=False)
        assert all(after - before <= 1 for before, after in steps), address


def test_every_link_of_ours_leads_somewhere(
    client: Client, room: showroom.Showroom, settings: Any
) -> None:
    settings.RATE_LIMIT_RPM = 100_000
    links: set[str] = set()
    for address in addresses(room):
        found = re.findall(r'href="([^"#]+)', read(client, address))
        links |= {
            (address.split("?")[0] + link if link[0] == "?" else link).replace("&amp;", "&")
            for link in found
            if not link.startswith("/static/")
        }
    for link in sorted(links):
        assert client.get(link).status_code in {200, 302}, link


def test_pages_ask_the_database_little_and_not_once_per_row(
    client: Client, room: showroom.Showroom, django_assert_max_num_queries: Any
) -> None:
    for address in addresses(room):
        client.get(address)  # fills the cache of house forecasts
        with django_assert_max_num_queries(QUERIES):
            client.get(address)


def test_an_unchanged_page_is_not_sent_twice(client: Client, room: showroom.Showroom) -> None:
    first = client.get("/leaderboard")
    again = client.get("/leaderboard", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "address",
    ["/players/nobody", "/players/person-0?horizon=7d",
     "/?horizon=3h", "/?horizon=7d", "/?season=nope", "/leaderboard?kind=god", "/rounds/1",
     "/rounds/01900000-0000-7000-8000-000000000000", "/?season=" + "x" * 300,
     "/leaderboard?season=%F0%9F%98%80"],
)  # fmt: skip
def test_what_is_not_there_is_a_404_page(
    client: Client, room: showroom.Showroom, address: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert b"There is nothing here" in answer.content


def test_pages_are_only_read(client: Client, room: showroom.Showroom) -> None:
    for address in addresses(room):
        assert client.post(address).status_code == 405
        assert client.head(address).status_code == 200


def test_an_empty_league_has_pages_too(client: Client) -> None:
    assert "No season has begun yet" in read(client, "/")
    assert "No season has begun yet" in read(client, "/leaderboard")


# -- the home page -----------------------------------------------------------------------------
def test_programs_get_a_description_of_the_service(client: Client) -> None:
    answer = client.get("/", headers={"Accept": "application/json"})
    assert "Accept" in answer["Vary"]
    told = answer.json()
    assert told["name"] == "AI-vs-Human Prediction League"
    assert told["version"]
    for link in told["links"].values():
        assert client.get(link.removeprefix("http://testserver")).status_code in {200, 404}
    browser = client.get("/", headers={"Accept": "text/html,application/json;q=0.9,*/*;q=0.8"})
    assert browser["Content-Type"].startswith("text/html")


def test_home_shows_open_rounds_results_board_and_verdict(
    client: Client, room: showroom.Showroom
) -> None:
    body = read(client, "/")
    assert f'href="/rounds/{room.open.pk}"' in body
    assert 'data-countdown datetime="' in body
    assert "3 entries" in body
    assert "House, 80 %" in body
    assert "+1.00\N{NO-BREAK SPACE}%" in body  # 60,000 to 60,600 is 99.5 bp
    assert "60,600.00" in body
    assert "Not yet decided" in body
    for name in ("Person 4", "A Bot", "Vol Scholar", "House Walker"):
        assert name in body
    for word in ("Human", "Bot", "AI", "House"):
        assert re.search(rf'class="kind kind-\w+"><span aria-hidden="true">.</span> {word}<', body)


def test_everything_simulated_is_badged(client: Client, room: showroom.Showroom) -> None:
    for address in addresses(room):
        if "scoring" not in address:
            assert ">Simulated<" in read(client, address), address
    home = read(client, "/")
    assert home.count(">Simulated<") >= 4  # scoreboard, each open round, board, results


def test_a_live_season_is_not_badged(client: Client, room: showroom.Showroom) -> None:
    plan = showroom.plan("autumn", PriceMode.LIVE)
    seasons.create(league=room.league, plan=plan)
    body = read(client, "/?season=autumn")
    assert "Live prices" in body
    assert "No 1h round has been scored yet." in body


def test_a_private_season_is_not_on_show(client: Client, room: showroom.Showroom) -> None:
    League.objects.filter(pk=room.league.pk).update(visibility="private")
    assert "No season has begun yet" in read(client, "/")
    assert client.get("/?season=spring").status_code == 404
    assert client.get(f"/rounds/{room.final.pk}").status_code == 404


def test_a_round_past_its_lock_is_no_longer_offered(
    client: Client, room: showroom.Showroom
) -> None:
    now = timezone.now()
    Round.objects.filter(pk=room.open.pk).update(
        opens_at=now - timedelta(hours=2), locks_at=now - timedelta(seconds=1)
    )
    assert f'href="/rounds/{room.open.pk}"' not in read(client, "/")


def test_house_forecasts_are_measured_once_for_all_visitors(
    client: Client, room: showroom.Showroom, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(60) as cold:
        client.get("/")
    with django_assert_max_num_queries(60) as warm:
        client.get("/")
    assert len(warm) < len(cold)


# -- a round -----------------------------------------------------------------------------------
def test_entries_stay_sealed_until_the_lock(client: Client, room: showroom.Showroom) -> None:
    """Even from organisers and from those who entered (I15)."""
    client.force_login(User.objects.create_superuser("root"))
    body = read(client, f"/rounds/{room.open.pk}")
    assert "Sealed until the lock" in body
    pages = [body, read(client, "/"), read(client, "/leaderboard")]
    for secret in showroom.SECRET:
        low = f"{Decimal(secret):,.2f}"
        assert not [page for page in pages if secret in page or low in page]
    for player in room.people:
        assert player.name not in body


def test_a_final_round_shows_entries_scores_sources_and_receipts(
    client: Client, room: showroom.Showroom
) -> None:
    body = read(client, f"/rounds/{room.final.pk}")
    assert "59,321.12" in body
    for one in Prediction.objects.filter(round=room.final):
        assert f"/api/v1/predictions/{one.pk}/receipt" in body
    for source in showroom.SOURCES:
        assert body.count(f"<td>{source}</td>") == 2
    assert '<svg class="fan-svg"' in body
    assert "Crowd (median human)" in body
    assert '<th scope="row">Humans</th>' in body
    assert '<th scope="row">AI players</th>' not in body  # there is only one
    assert body.count('class="step-done"') == 4
    assert 'aria-current="step"' in body


def test_a_held_round_says_why_but_not_who(client: Client, room: showroom.Showroom) -> None:
    body = read(client, f"/rounds/{room.held.pk}")
    assert "The sources look odd to us." in body
    assert "by an operator" in body
    assert ">ops<" not in body
    assert "by ops" not in body


def test_what_people_write_is_shown_as_text(client: Client, room: showroom.Showroom) -> None:
    player = room.people[0]
    type(player).objects.filter(pk=player.pk).update(name="<b>Bob</b>")
    for address in (f"/rounds/{room.final.pk}", "/"):
        body = read(client, address)
        assert "<b>Bob</b>" not in body
        assert "&lt;b&gt;Bob&lt;/b&gt;" in body


def test_a_round_locked_but_unpriced_shows_words_as_given(
    client: Client, room: showroom.Showroom
) -> None:
    Round.objects.filter(pk=room.running.pk).update(
        status=Status.LOCKED, reference_price=None, sigma_bp=None, width=None
    )
    assert "as given" in read(client, f"/rounds/{room.running.pk}")


# -- a player ------------------------------------------------------------------------------------
def test_a_players_page_shows_how_well_the_quantiles_held(
    client: Client, room: showroom.Showroom
) -> None:
    body = read(client, "/players/person-0")
    assert '<svg class="calibration-svg"' in body
    assert "of 1 outcomes over 1 locks fell between p10 and p90" in body
    assert body.count('<circle class="dot"') == 3
    assert "between p10 and p90</th>" in body
    assert "What the rating is made of" in body
    assert "/api/v1/players/person-0/calibration?season=spring&amp;format=csv" in body
    crowd = read(client, "/players/crowd")
    assert "the crowd is derived from the humans' entries" in crowd.replace("&#x27;", "'")


def test_a_player_of_a_private_season_has_an_empty_page(
    client: Client, room: showroom.Showroom
) -> None:
    League.objects.filter(pk=room.league.pk).update(visibility="private")
    assert "No season has begun yet" in read(client, "/players/person-0")
    assert client.get("/players/person-0?season=spring").status_code == 404


# -- how scoring works ---------------------------------------------------------------------------
def test_the_worked_example_is_the_designs(client: Client) -> None:
    """The published table of the rule, cell by cell."""
    body = read(client, "/how-scoring-works")
    rows = [re.findall(r'<td class="num[^"]*">([^<]+)</td>', row) for row in body.split("<tr>")]
    minus = [[cell.replace("\N{MINUS SIGN}", "-") for cell in row] for row in rows if row]
    assert minus[:5] == [
        ["0.0", "0.0", "0.0", "0.0", "0.0", "0.0"],
        ["-113.0", "-57.9", "-57.9", "-4.9", "+47.7", "+154.1"],
        ["-107.8", "-7.7", "+19.2", "+19.3", "-59.3", "-81.4"],
        ["-158.4", "-58.2", "-52.8", "+0.3", "+52.8", "+158.4"],
        ["-69.4", "-23.1", "-23.1", "+23.1", "+23.1", "+69.4"],
    ]
    for number in ("246.93", "120.755", "61.162", "58,294.61", "61,755.28"):
        assert number in body


# -- how numbers are written ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (47_700, "+47.70"),
        (-4, "0.00"),
        (-5_000, "\N{MINUS SIGN}5.00"),
        (0, "0.00"),
        (1_234_567_000, "+1,234,567.00"),
        (None, "\N{EM DASH}"),
    ],
)
def test_points_have_signs_unless_they_round_to_nothing(value: int | None, text: str) -> None:
    assert shown.points(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("63812.346", "63,812.35"), ("146.04261", "146.0426"), ("0.0734", "0.07340000")],
)
def test_prices_keep_about_six_figures(value: str, text: str) -> None:
    assert shown.price(Decimal(value)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "now"),
        (20, "in under a minute"),
        (125, "in 2 min"),
        (7_260, "in 2 h 1 min"),
        (200_000, "in 2 d 7 h"),
    ],
)
def test_time_left_is_said_in_words(seconds: int, text: str) -> None:
    assert shown.left(timedelta(seconds=seconds)) == text


def test_every_page_route_has_a_name() -> None:
    assert {route.name for route in page_urls.page_urls} == {
        "board-page",
        "player-page",
        "round-page",
        "scoring-page",
    }


def test_the_season_shown_by_default_is_the_newest_begun(
    client: Client, room: showroom.Showroom
) -> None:
    later = seasons.create(league=room.league, plan=showroom.plan("autumn"))
    Season.objects.filter(pk=later.pk).update(starts_at=timezone.now() + timedelta(days=1))
    assert "Spring, 1h rounds" in read(client, "/")
    Season.objects.filter(pk=later.pk).update(starts_at=timezone.now() - timedelta(days=1))
    assert "Autumn, 1h rounds" in read(client, "/")
