"""The answer to accepted entries: what stands now, and the operator's word for it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from chain import acknowledgements
from predictions.models import Prediction
from predictions.serializers import PredictionSerializer, QuantilesSerializer


class AcceptedItemSerializer(serializers.Serializer[Any]):
    """`prediction` is null after a dry run."""

    prediction = PredictionSerializer(allow_null=True)
    quantiles = QuantilesSerializer()


class AcknowledgementSerializer(serializers.Serializer[Any]):
    """The operator's signature (EIP-712) that it accepted this digest then: keep it.

    The digest that is missing from its round's commitment was left out, unless you revised it.
    """

    operator = serializers.CharField()
    digest = serializers.CharField()
    accepted_at = serializers.DateTimeField()
    signature = serializers.CharField()


class BulkAcknowledgementSerializer(serializers.Serializer[Any]):
    """The same for the digests of all items, in their order."""

    operator = serializers.CharField()
    digests = serializers.ListField(child=serializers.CharField())
    accepted_at = serializers.DateTimeField()
    signature = serializers.CharField()


class AcceptedSerializer(AcceptedItemSerializer):
    """`prediction` and `acknowledgement` are null after a dry run."""

    acknowledgement = AcknowledgementSerializer(allow_null=True)


def accepted(prediction: Prediction | None, quantiles: Iterable[Decimal]) -> dict[str, Any]:
    """AcceptedSerializer's data."""
    promise = None
    if prediction is not None:
        digest = bytes(prediction.digest)
        promise = acknowledgements.one(digest, at=prediction.accepted_at)
    return item(prediction, quantiles) | {"acknowledgement": promise}


def accepted_all(items: Sequence[tuple[Any, Iterable[Decimal]]]) -> dict[str, Any]:
    """AcceptedBulkSerializer's data; the words are all of one instant, or all None."""
    promise = None
    if items[0][0] is not None:
        digests = b"".join(bytes(word.digest) for word, _ in items)
        promise = acknowledgements.many(digests, at=items[0][0].accepted_at)
    return {"items": [item(*each) for each in items], "acknowledgement": promise}


def item(prediction: Prediction | None, quantiles: Iterable[Decimal]) -> dict[str, Any]:
    """AcceptedItemSerializer's data, made by hand: it is most of what answering an entry takes."""
    low, middle, high = quantiles
    return {
        "prediction": None if prediction is None else _prediction(prediction),
        "quantiles": {"p10": f"{low:.8f}", "p50": f"{middle:.8f}", "p90": f"{high:.8f}"},
    }


def _prediction(prediction: Prediction) -> dict[str, Any]:
    """PredictionSerializer's data for an entry to a round that is open."""
    return {
        "id": str(prediction.pk),
        "round": str(prediction.round_id),
        "player": prediction.player.handle,
        "kind": prediction.player.kind,
        "revision": prediction.revision,
        "form": prediction.form,
        "basis": prediction.basis,
        "p10": f"{prediction.p10:.8f}",
        "p50": f"{prediction.p50:.8f}",
        "p90": f"{prediction.p90:.8f}",
        "accepted_at": _instant(prediction.accepted_at),
        "is_withdrawn": prediction.is_withdrawn,
        "cost": None,  # whoever is answered here is no built-in player
        "reasoning": prediction.reasoning,
        "is_simulated_reasoning": prediction.is_simulated_reasoning,
        "as_of": prediction.as_of and _instant(prediction.as_of),
        "points": None,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class AcceptedBulkSerializer(serializers.Serializer[Any]):
    """In the order of the request."""

    items = AcceptedItemSerializer(many=True)
    acknowledgement = BulkAcknowledgementSerializer(allow_null=True)
