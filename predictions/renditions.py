"""An answer to many first words as JSON text: as many fields as a framework needs a moment for."""

import json
from decimal import Decimal
from typing import Final

from chain import acknowledgements
from predictions.first_batches import Together

ITEM: Final = (
    '{"prediction":{"id":"%s","round":"%s",%s,"form":"%s","basis":"%s",%s,%s},"quantiles":{%s}}'
)


def accepted(made: Together) -> str:
    """The text of predictions.acceptances.AcceptedBulkSerializer's data, in its order."""
    player = made.player
    before = _members({"player": player.handle, "kind": player.kind, "revision": 1})
    after = _members(
        {
            "accepted_at": acknowledgements.published(made.at),
            "is_withdrawn": False,
            "cost": None,
            "reasoning": "",
            "is_simulated_reasoning": False,
            "as_of": None,
            "points": None,
        }
    )
    items = []
    for key, item, prices in zip(made.ids, made.items, made.quantiles, strict=True):
        entry = item.entry
        said = _levels(entry.p10, entry.p50, entry.p90)
        words = (key, item.round_id, before, entry.form, entry.basis, said, after)
        items.append(ITEM % (*words, _levels(*prices)))
    promise = json.dumps(acknowledgements.many(made.digests, at=made.at), separators=(",", ":"))
    return f'{{"items":[{",".join(items)}],"acknowledgement":{promise}}}'


def _members(values: dict[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))[1:-1]


def _levels(low: Decimal, middle: Decimal, high: Decimal) -> str:
    return f'"p10":"{low:.8f}","p50":"{middle:.8f}","p90":"{high:.8f}"'
