"""What a key may do, as people ask for it."""

from typing import Any

from rest_framework import serializers

from league import keys


class ScopesField(serializers.ListField):
    """The usual ones when absent; at least one."""

    def __init__(self, **named: Any) -> None:
        super().__init__(
            child=serializers.ChoiceField(choices=keys.SCOPES),
            min_length=1,
            max_length=len(keys.SCOPES),
            default=list(keys.USUAL),
            **named,
        )
