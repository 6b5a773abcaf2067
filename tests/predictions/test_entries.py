"""What the rows of predictions, scores and commitments can never be, whoever writes them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError

from league.models import Player, Round
from predictions.models import Commitment, Prediction, Revision, Score, Tally
from tests import factories
from tests.factories import NOON

WORD = {
    "form": "quantiles", "basis": "price",
    "p10": Decimal(1), "p50": Decimal(2), "p90": Decimal(3),
    "accepted_at": NOON, "salt": bytes(32), "payload_hash": bytes(32), "digest": bytes(32),
}  # fmt: skip


def probability(text: str) -> dict[str, Any]:
    levels = dict.fromkeys(("p10", "p50", "p90"), Decimal(text))
    return {"form": "prob_up", "basis": "return", "probit": 0.0, **levels}


@pytest.fixture
def round_(db: None) -> Round:
    return factories.round_of(factories.season(), locks_at=NOON)


@pytest.fixture
def player(db: None) -> Player:
    return factories.human("ada")


def refused(name: str, write: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        write()


def prediction(round_: Round, player: Player, **fields: Any) -> Prediction:
    return Prediction.objects.create(round=round_, player=player, **(WORD | fields))


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("prediction_ascends", {"p10": Decimal("2.00000001")}),
        ("prediction_ascends", {"p90": Decimal("1.99999999")}),
        ("prediction_price_positive", {"p10": Decimal(0)}),
        ("prediction_price_positive", {"p10": Decimal(-1)}),
        ("prediction_point_is_one_number", {"form": "point"}),
        ("prediction_point_is_one_number", {"form": "point", "p10": Decimal(2)}),
        ("prediction_form_known|prediction_point", {"form": "guess"}),
        ("prediction_form_known", {"basis": "log"}),
        ("prediction_probability_in_range", probability("0.01")),
        ("prediction_probability_in_range", probability("0.99")),
        ("prediction_probability_in_range", probability("0.5") | {"basis": "price"}),
    ],
)  # fmt: skip
def test_a_word_is_credible(
    round_: Round, player: Player, name: str, fields: dict[str, Any]
) -> None:
    refused(name, lambda: prediction(round_, player, **fields))
    assert not Prediction.objects.exists()


def test_a_player_has_one_prediction_in_a_round(round_: Round, player: Player) -> None:
    prediction(round_, player)
    refused("UNIQUE|prediction_one_per_player", lambda: prediction(round_, player))
    prediction(round_, factories.human("bela"))


def test_a_revision_is_archived_once(round_: Round, player: Player) -> None:
    entry = prediction(round_, player)
    Revision.objects.create(prediction=entry, revision=1, **WORD)
    refused(
        "UNIQUE|revision_once",
        lambda: Revision.objects.create(prediction=entry, revision=1, **WORD),
    )


def test_a_score_is_given_once_per_settlement(round_: Round, player: Player) -> None:
    Score.objects.create(round=round_, player=player, seq=0, points_milli=5)
    refused(
        "UNIQUE|score_once",
        lambda: Score.objects.create(round=round_, player=player, seq=0, points_milli=6),
    )
    Score.objects.create(round=round_, player=player, seq=0, points_milli=6, settlement_version=2)


def test_a_round_is_committed_once(round_: Round) -> None:
    fields: dict[str, Any] = {"root": "0" * 64, "count": 0, "committed_at": NOON}
    Commitment.objects.create(round=round_, round_key="a" * 64, **fields)
    other = factories.round_of(round_.season, locks_at=NOON, symbol="ETH")
    refused(
        "UNIQUE|round_key",
        lambda: Commitment.objects.create(round=other, round_key="a" * 64, **fields),
    )
    refused(
        "UNIQUE|commitment",
        lambda: Commitment.objects.create(round=round_, round_key="b" * 64, **fields),
    )


def test_a_player_has_one_tally_per_season_and_horizon(round_: Round, player: Player) -> None:
    def tally(horizon: str) -> Tally:
        return Tally.objects.create(season=round_.season, horizon=horizon, player=player)

    tally("1h")
    tally("24h")
    refused("UNIQUE|tally_once", lambda: tally("1h"))


def test_what_has_been_predicted_cannot_be_deleted_from_under_it(
    round_: Round, player: Player
) -> None:
    prediction(round_, player)
    targets: list[models.Model] = [round_, player]
    for target in targets:
        with pytest.raises(ProtectedError):
            target.delete()
