"""When a season is over its boards are frozen, and what they say is wished on its ledger."""

from datetime import timedelta

import pytest
from django.urls import resolve

from chain import anchors, merkle, schema
from chain.models import Anchor, LedgerEntry
from leaderboard import finals, standings
from leaderboard.models import Board, Standing
from league.models import Delivery, Round, Season
from tests import factories
from tests.factories import NOON
from tests.leaderboard.test_standings import final, publish, season
from tests.league import webhook_world as worlds

pytestmark = pytest.mark.django_db


def over(of: Season) -> Season:
    Season.objects.filter(pk=of.pk).update(ends_at=NOON + timedelta(hours=9))
    of.refresh_from_db()
    return of


def played() -> Season:
    """Two rounds made final, one of them on another asset, and a published board."""
    of = over(season())
    ann, bob = factories.human("ann"), factories.human("bob")
    final(of, hour=1, scores={ann: 2_000, bob: -1_500})
    final(of, hour=2, scores={ann: 1_000, bob: 500}, symbol="ETH")
    publish()
    return of


END = NOON + timedelta(hours=9)


def test_a_season_that_still_runs_is_left_alone() -> None:
    played()
    assert finals.freeze(now=END - timedelta(seconds=1)) == 0
    assert not Anchor.objects.exists()


def test_the_board_of_a_season_that_is_over_is_anchored_once() -> None:
    of = played()
    assert finals.freeze(now=END) == 1
    assert finals.freeze(now=END + timedelta(hours=1)) == 0
    board = Board.objects.get()
    key = finals.key_of(board)
    leaves = [
        schema.board_leaf(key, row.rank or 0, row.player.handle, row.rating_milli)
        for row in Standing.objects.select_related("player").filter(rank__isnull=False)
    ]
    assert len(leaves) == 2
    assert board.frozen_at == END
    assert board.root == merkle.root(leaves).hex()
    anchors.pump(now=END)
    entry = LedgerEntry.objects.get()
    assert (entry.kind, entry.subject, entry.digest) == ("board", key.hex(), board.root)
    assert (entry.count, Anchor.objects.get().payload["season"]) == (2, of.slug)


def test_it_waits_for_the_last_round_and_for_the_last_publication() -> None:
    of = played()
    late = factories.round_of(of, locks_at=NOON + timedelta(hours=3))
    assert finals.freeze(now=END) == 0
    Round.objects.filter(pk=late.pk).update(status="void")
    assert finals.freeze(now=END) == 1


def test_a_board_that_lags_behind_its_final_rounds_is_not_frozen() -> None:
    of = played()
    final(of, hour=4, scores={factories.human("cid"): 7})
    assert finals.freeze(now=END) == 0
    publish(END)
    assert finals.freeze(now=END) == 1


def test_a_frozen_board_is_never_published_again() -> None:
    of = played()
    finals.freeze(now=END)
    version = Board.objects.get().version
    final(of, hour=5, scores={factories.human("cid"): 7})
    assert standings.lagging() == []
    assert standings.publish(now=END) == 0
    assert not standings._publish(of.pk, "1h", now=END)
    assert Board.objects.get().version == version


# -- the season as a whole ----------------------------------------------------------------------
def test_a_season_is_finished_once_when_all_of_its_boards_are_frozen() -> None:
    worlds.webhook(events=["season.finished"])
    of = played()
    assert finals.finish(now=END) == 0  # its board still moves
    assert finals.publish(now=END) == 2
    assert finals.publish(now=END + timedelta(hours=1)) == 0
    of.refresh_from_db()
    assert of.finished_at == END
    told = Delivery.objects.get()
    urls = told.data.pop("urls")
    assert (told.type, told.at) == ("season.finished", END)
    assert told.data == {"season": of.slug, "is_simulated": True}
    paths = {name: url.removeprefix(worlds.SITE).partition("?")[0] for name, url in urls.items()}
    names = {name: resolve(path).url_name for name, path in paths.items()}
    assert names == {"season": "season", "leaderboard": "leaderboard"}


def test_a_season_with_a_round_under_way_or_before_its_end_is_not_finished() -> None:
    of = played()
    assert finals.finish(now=END - timedelta(seconds=1)) == 0
    finals.freeze(now=END)
    late = factories.round_of(of, locks_at=NOON, horizon="24h")
    assert finals.finish(now=END) == 0
    Round.objects.filter(pk=late.pk).update(status="void")
    assert finals.finish(now=END) == 1
