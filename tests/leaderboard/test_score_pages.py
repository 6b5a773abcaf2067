import pytest

from leaderboard import score_pages
from leaderboard.score_pages import NoSuchPlace, Row
from leaderboard.sums import Scope
from league.models import Season
from predictions.models import Score
from tests import factories
from tests.leaderboard import record_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def season(db: None) -> Season:
    return record_world.play(6, people=5)[0]


def walk(scope: Scope, *, limit: int) -> list[Row]:
    rows, place = score_pages.page(scope=scope, at=None, limit=limit)
    found, pages = list(rows), 1
    while place is not None:
        assert len(rows) == limit
        rows, place = score_pages.page(scope=scope, at=place, limit=limit)
        found, pages = found + rows, pages + 1
        assert pages < 500
    return found


def keys(rows: list[Row]) -> list[tuple[str, int]]:
    return [(str(row["round_id"]), row["player_id"]) for row in rows]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_pages_follow_each_other_without_gap_or_double(season: Season, limit: int) -> None:
    found = walk(Scope(season.pk), limit=limit)
    expected = Score.objects.filter(round__status="final").order_by(
        "round_id", "-points_milli", "player_id"
    )
    assert keys(found) == [(str(row.round_id), row.player_id) for row in expected]
    assert len(found) > 20


def test_a_horizon_and_an_asset_narrow_it(season: Season) -> None:
    found = walk(Scope(season.pk, "24h", "ETH"), limit=2)
    assert {(row["round__horizon"], row["round__asset_id"]) for row in found} == {("24h", "ETH")}
    assert len(found) == Score.objects.filter(round__horizon="24h", round__asset="ETH").count()
    assert walk(Scope(season.pk, "7d"), limit=2) == []


def test_another_seasons_scores_are_not_among_them(season: Season) -> None:
    other = factories.season(season.league, slug="other")
    assert walk(Scope(other.pk), limit=5) == []


def test_of_a_round_settled_twice_the_later_scores_are_shown(season: Season) -> None:
    old = Score.objects.order_by("pk").first()
    assert old is not None
    count = len(walk(Scope(season.pk), limit=50))
    Score.objects.create(
        round=old.round, player=old.player, seq=old.seq, settlement_version=2, points_milli=424_242
    )
    rows = walk(Scope(season.pk), limit=3)
    assert len(rows) == count
    assert [row["player_id"] for row in rows if row["points_milli"] == 424_242] == [old.player_id]


@pytest.mark.parametrize(
    "text", ["", "x", "0" * 32, "0" * 32 + ".", "0" * 31 + ".1", "G" * 32 + ".1",
             "0" * 32 + ".\u0661", "0" * 32 + "." + "1" * 10, "0" * 32 + ".1\n"],
)  # fmt: skip
def test_a_foreign_place_is_refused(text: str) -> None:
    with pytest.raises(NoSuchPlace):
        score_pages.place(text)


def test_a_place_survives_being_written_down(season: Season) -> None:
    _, place = score_pages.page(scope=Scope(season.pk), at=None, limit=4)
    assert place is not None
    assert score_pages.place(str(place)) == place
