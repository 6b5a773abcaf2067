from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from chain.models import Anchor
from league.models import Player, Round
from markets.models import Observation
from predictions import invariants
from predictions.models import (
    Aggregate,
    Commitment,
    Prediction,
    Revision,
    Score,
    Settlement,
    Tally,
)
from tests import played
from tests.played import PRESENT

pytestmark = pytest.mark.usefixtures("_played_season")


def of_round(status: str) -> Round:
    first = Round.objects.filter(status=status).order_by("locks_at", "pk").first()
    assert first is not None
    return first


def words(status: str, *, handle: str = "human-2") -> Any:
    return Prediction.objects.filter(round=of_round(status), player__handle=handle)


def retold(status: str) -> Any:
    """The first of the two words of somebody who revised."""
    return Revision.objects.filter(prediction=words(status, handle="human-1").get())


def commitments(status: str) -> Any:
    return Commitment.objects.filter(round=of_round(status))


def scores(*, handle: str = "human-2") -> Any:
    return Score.objects.filter(round=of_round("final"), player__handle=handle)


def settlements(status: str) -> Any:
    return Anchor.objects.filter(kind="settlement", payload__round=str(of_round(status).pk))


def raised() -> None:
    """By ten basis points, in a round where the scores exist."""
    words("final").update(p10=F("p10") + 10, p50=F("p50") + 10, p90=F("p90") + 10)


def accepted_at_the_lock() -> None:
    word = words("running")
    word.update(accepted_at=word.get().round.locks_at)


def accepted_before_the_opening() -> None:
    retold("running").update(accepted_at=of_round("running").opens_at - timedelta(seconds=1))


def let_in_before_the_opening() -> None:
    Round.objects.filter(pk=of_round("open").pk).update(status="scheduled")


def erased() -> None:
    played.run("DELETE FROM predictions_prediction WHERE id = %s", words("running").get().pk.hex)


def brought_back() -> None:
    """Somebody who withdrew before the lock counts again."""
    words("running", handle="human-6").update(is_withdrawn=False)


def scored_without_a_word() -> None:
    stranger = Player.objects.create(
        handle="stranger", name="Stranger", kind="human", registered_at=PRESENT
    )
    Score.objects.create(round=of_round("final"), player=stranger, seq=99, points_milli=0)


def scored_though_void() -> None:
    player = Player.objects.get(handle="human-2")
    Score.objects.create(round=of_round("void"), player=player, seq=0, points_milli=0)
    Tally.objects.filter(player=player).update(rounds=F("rounds") + 1)


def scored_twice() -> None:
    """In a table that no longer forbids it; the tally is made to fit."""
    played.run("CREATE TABLE lax AS SELECT * FROM predictions_score")
    played.run("DROP TABLE predictions_score")
    played.run("ALTER TABLE lax RENAME TO predictions_score")
    crowd = scores(handle="crowd").get()
    points = crowd.points_milli
    crowd.pk = 10**6
    Score.objects.bulk_create([crowd])
    Tally.objects.filter(player=crowd.player_id).update(
        rounds=F("rounds") + 1, points_milli=F("points_milli") + points
    )


def foreseen() -> None:
    word = words("running", handle="vol-scholar")
    word.update(as_of=word.get().round.locks_at + timedelta(seconds=1))


def told_otherwise(key: str, *, status: str = "final") -> None:
    anchor = settlements(status).get()
    anchor.payload[key] = [{"source": "hearsay"}] if key == "evidence" else "1"
    anchor.save()


def heard_more_of() -> None:
    """The instant at which a void round would have settled, by another round."""
    void = of_round("void")
    Observation.objects.create(
        asset_id=void.asset_id, source="sim-alpha", instant=void.settles_at, value=1,
        source_time=void.settles_at, fetched_at=void.settles_at, is_valid=True, digest="0" * 64,
    )  # fmt: skip


def aggregates(kind: str) -> Any:
    return Aggregate.objects.filter(round=of_round("running"), kind=kind)


CASES: list[tuple[Callable[[], object], set[str]]] = [
    (lambda: words("running").update(p50=F("p50") + 1), {"I1", "I8"}),
    (lambda: words("open", handle="vol-scholar").update(salt=b"\0" * 32), {"I1"}),
    (lambda: words("running").update(basis="price", p10=1, p50=2, p90=3), {"I1", "I8"}),
    (lambda: words("running", handle="human-6").update(p90=F("p90") + 1), {"I1"}),
    (lambda: retold("final").update(p50=F("p50") + 1), {"I1"}),
    (lambda: retold("final").delete(), {"I1"}),
    (lambda: retold("final").update(revision=9), {"I1"}),
    (raised, {"I1", "I8"}),
    (lambda: words("running").update(digest=b"\1" * 32), {"I1", "I16"}),
    (accepted_at_the_lock, {"I2"}),
    (accepted_before_the_opening, {"I2"}),
    (let_in_before_the_opening, {"I2", "I5"}),
    (erased, {"I2", "I8", "I16"}),
    (brought_back, {"I1", "I2", "I8", "I16"}),
    (lambda: commitments("final").update(count=0), {"I2", "I16"}),
    (lambda: commitments("final").delete(), {"I2"}),
    (lambda: commitments("running").delete(), set()),
    (lambda: scores().delete(), {"I2", "I9", "I18"}),
    (scored_without_a_word, {"I2", "I9", "I18"}),
    (scored_though_void, {"I4", "I9"}),
    (scored_twice, {"I4", "I9"}),
    (lambda: told_otherwise("evidence"), {"I6", "I18"}),
    (lambda: scores().update(points_milli=F("points_milli") + 1), {"I8", "I9", "I18"}),
    (lambda: scores(handle="crowd").delete(), {"I8", "I9"}),
    (lambda: Round.objects.filter(status="final").update(sigma_bp=F("sigma_bp") * 2), {"I8"}),
    (lambda: aggregates("human").update(middle_bp=F("middle_bp") + 1e-6), {"I8"}),
    (lambda: aggregates("ai").update(count=F("count") + 1), {"I8"}),
    (lambda: aggregates("all").delete(), {"I8"}),
    (lambda: commitments("running").update(is_aggregated=False), set()),
    (lambda: Tally.objects.filter(player__handle="human-2").update(rounds=0), {"I9"}),
    (lambda: Tally.objects.filter(player__handle="human-2").delete(), {"I9"}),
    (foreseen, {"I14"}),
    (lambda: words("running", handle="vol-scholar").update(as_of=None), {"I14"}),
    (lambda: words("running", handle="vol-scholar").update(reasoning="A hunch."), {"I14"}),
    (lambda: commitments("running").update(root="a" * 64), {"I16"}),
    (lambda: commitments("running").update(round_key="b" * 64), {"I16"}),
    (lambda: told_otherwise("price"), {"I18"}),
    (lambda: told_otherwise("score_root"), {"I18"}),
    (lambda: told_otherwise("evidence", status="void"), {"I6", "I18"}),
    (lambda: told_otherwise("price", status="void"), {"I18"}),
    (lambda: settlements("final").delete(), {"I17", "I18"}),
    (heard_more_of, set()),
]


@pytest.mark.parametrize(("corrupt", "broken"), CASES)
def test_an_entry_or_a_score_that_was_tampered_with_is_found(
    corrupt: Callable[[], object], broken: set[str]
) -> None:
    with played.ruin(unchecked=True):
        corrupt()
        assert set(played.violated()) == broken


def test_a_row_that_cannot_be_computed_with_is_counted_not_raised() -> None:
    with played.ruin(unchecked=True):
        played.run("UPDATE predictions_prediction SET salt = X'00' WHERE revision = 2")
        assert played.violated() == {"I1": Prediction.objects.filter(revision=2).count()}


def test_what_has_not_been_done_waits() -> None:
    with played.ruin():
        assert {name: of(PRESENT) for name, of in invariants.WAITING.items()} == {
            "commitment": (0, None),
            "aggregate": (0, None),
            "grade": (0, None),
            "ending": (0, None),
        }
        settlements("void").delete()
        Settlement.objects.filter(round=of_round("void")).delete()
        assert invariants.endings(PRESENT) == (1, of_round("void").settles_at)
        Settlement.objects.filter(round__status="final").update(is_wished=False)
        assert invariants.endings(PRESENT)[0] == 1 + 2 * played.FINAL
        commitments("running").update(is_aggregated=False)
        assert invariants.aggregates(PRESENT) == (1, of_round("running").locks_at)
        commitments("running").delete()
        final = of_round("final")
        Round.objects.filter(pk=final.pk).update(status="settled", finalized_at=None)
        assert invariants.commitments(PRESENT) == (1, of_round("running").locks_at)
        assert invariants.grades(PRESENT) == (1, final.settles_at)
