import json
from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal

from chain import facts, receipts
from tests.chain import stories


def test_a_receipt_is_plain_json_with_a_version_and_no_signature() -> None:
    document = stories.settled().receipt(0)
    assert json.loads(json.dumps(document)) == document
    assert (document["version"], document["type"], document["signature"]) == (1, "receipt", None)
    assert document["network"]["name"] == "local"


def test_a_receipt_carries_what_points_are_made_of() -> None:
    result = stories.settled().receipt(1)["result"]
    assert result["reference_price"] == "60000.00000000"
    assert (result["sigma_bp"], result["c"]) == ("250.0", "0.9")
    assert [float(level) for level in result["house_bp"]] == list(stories.FRAME.house_bp)
    assert result["points_milli"] == stories.points_milli(
        stories.entries()[1], price=Decimal(61_500)
    )


def test_a_receipt_before_settlement_has_no_result() -> None:
    story = stories.settled()
    document = receipts.receipt(
        stories.ROUND, commitment=story.commitment, member=story.members[0]
    )
    assert document["result"] is None
    assert document["anchor"] == story.commitment.anchor


def test_a_whole_round_lists_every_seq_in_order_whatever_the_input_order() -> None:
    story = stories.settled()
    document = receipts.whole_round(
        stories.ROUND,
        commitment=story.commitment,
        members=story.members[::-1],
        outcome=story.outcome,
    )
    assert [one["seq"] for one in document["predictions"]] == list(range(7))
    assert document == story.whole()


def test_a_void_result_has_no_frame() -> None:
    result = stories.void().receipt(0)["result"]
    assert result["points_milli"] is None
    assert "sigma_bp" not in result


def test_times_are_published_in_utc_whatever_zone_they_came_in() -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    moved = replace(stories.ROUND, locks_at=stories.LOCKS_AT.astimezone(there))
    assert facts.round_key(moved) == stories.KEY
    assert facts.published_time(moved.locks_at) == "2025-03-01T12:00:00Z"


def test_evidence_tags_each_observation_with_its_instant() -> None:
    tagged = facts.evidence(
        stories.ROUND, reference=stories.observations("1"), settlement=stories.observations("2")
    )
    assert [(one["value"], one["instant"]) for one in tagged] == [
        ("1", "2025-03-01T12:00:00Z"),
        (None, "2025-03-01T12:00:00Z"),
        ("2", "2025-03-02T12:00:00Z"),
        (None, "2025-03-02T12:00:00Z"),
    ]
