"""JSON shapes of the chain's HTTP edge: hashes 0x-prefixed, times UTC."""

from typing import Any

from rest_framework import serializers

from chain.models import Anchor


class HashField(serializers.CharField):
    """A hash stored as bare hex, shown with its 0x."""

    def to_representation(self, value: Any) -> str:
        return f"0x{value}"


class AnchorSerializer(serializers.ModelSerializer[Anchor]):
    subject = HashField(read_only=True)
    digest = HashField(read_only=True)
    entry_seq = serializers.IntegerField(source="entry.seq", default=None, read_only=True)
    entry_head = HashField(source="entry.head", default=None, read_only=True, allow_null=True)

    class Meta:
        model = Anchor
        fields = (
            "network",
            "kind",
            "subject",
            "version",
            "digest",
            "count",
            "status",
            "failure",
            "requested_at",
            "anchored_at",
            "entry_seq",
            "entry_head",
        )
        read_only_fields = fields


class AbiSerializer(serializers.Serializer[dict[str, Any]]):
    abi = serializers.ListField(child=serializers.DictField())
    code_hash = serializers.CharField()


class LedgerInfoSerializer(serializers.Serializer[dict[str, Any]]):
    network = serializers.CharField()
    simulated = serializers.BooleanField(help_text="True when no public blockchain is involved.")
    chain_id = serializers.IntegerField()
    contract = serializers.CharField()
    entries = serializers.IntegerField()
    head = serializers.CharField(
        allow_null=True, help_text="Note it: a later export must contain it. Null on a chain."
    )
    code_hash = serializers.CharField(
        allow_null=True, help_text="What the contract's code must hash to; null without one."
    )
    acknowledgement_operator = serializers.CharField(
        help_text="Whose signature an acknowledgement must be."
    )


class LedgerEntrySerializer(serializers.Serializer[dict[str, Any]]):
    network = serializers.CharField()
    seq = serializers.IntegerField()
    kind = serializers.CharField()
    id = serializers.CharField()
    root = serializers.CharField()  # type: ignore[assignment] # a key, not DRF's property
    count = serializers.IntegerField()
    time = serializers.DateTimeField()
    previous = serializers.CharField()
    head = serializers.CharField()


class LedgerExportSerializer(serializers.Serializer[dict[str, Any]]):
    network = serializers.CharField()
    entries = LedgerEntrySerializer(many=True)


class StepSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=["ok", "note", "FAILED", "unknown"])
    detail = serializers.CharField()


class VerdictSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=["verified", "failed", "undecided"])
    steps = StepSerializer(many=True)
