"""Many predictions in one request: all of them, or none."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league import authentication, keys, permissions
from league.models import ApiKey
from league.views import idempotency
from predictions import bulk, entry_shapes, first_batches, renditions
from predictions import serializers as shapes
from predictions.bulk import Entered, Item
from predictions.entry_forms import Entry, InvalidEntry
from predictions.entry_shapes import Misshapen
from predictions.item_faults import ItemFault, ItemsInvalid, ItemsMisshapen
from predictions.views.entries import DRY_RUN, is_alone, is_dry_run

UUID_LENGTHS = {32, 36}
EXAMPLE = OpenApiExample(
    "Two rounds",
    {
        "items": [
            {
                "round": "0193f8a0-0000-7000-8000-000000000001",
                "form": "quantiles",
                "p10": "58900",
                "p50": "61200",
                "p90": "63000",
            },
            {
                "round": "0193f8a0-0000-7000-8000-000000000002",
                "form": "prob_up",
                "prob_up": "0.65",
            },
        ]
    },
    request_only=True,
)


class BulkPrediction(APIView):
    """Up to 500 predictions in different rounds, within one body of 64 KB."""

    permission_classes = (permissions.Scoped,)

    def get_authenticators(self) -> list[BaseAuthentication]:
        """A remembered key is enough where the words' own statement asks about it again."""
        request: HttpRequest | None = getattr(self, "request", None)
        if request is not None and first_batches.is_possible() and is_alone(request):
            return [authentication.ApiKeyAuthentication(keys.recall), SessionAuthentication()]
        return super().get_authenticators()

    @extend_schema(
        operation_id="prediction_bulk",
        tags=["predictions"],
        request=shapes.BulkSerializer,
        parameters=[DRY_RUN, *idempotency.PARAMETERS],
        responses={200: shapes.AcceptedBulkSerializer, 201: shapes.AcceptedBulkSerializer},
        examples=[EXAMPLE],
    )
    def post(self, request: Request) -> HttpResponse:
        """All or nothing. 201 when every word is a first one, 200 when one of them revises.

        A refusal lists every item at fault under errors, e.g. with pointer /items/3/p50.
        """
        items = read(request.data)
        entered = enter_at_once(request, items)
        if entered is not None:
            return entered
        player = authentication.player_of(request)
        batch = bulk.check(items, viewer=request.user, now=timezone.now())
        if is_dry_run(request):
            return Response(body([(None, quantiles) for quantiles in bulk.preview(batch)]))
        return idempotency.answer(
            request, act=lambda once: bulk.enter(batch, player=player, once=once), show=shown
        )


def enter_at_once(request: Request, items: list[Item]) -> HttpResponse | None:
    """First words that need nothing but themselves; None sends them the ordinary way."""
    is_remembered = first_batches.is_possible() and is_alone(request)
    if not is_remembered or not isinstance(request.auth, ApiKey):
        return None
    made = first_batches.enter(request.auth, items, now=timezone.now())
    if made is None:
        authentication.confirm(request)
        return None
    if request.accepted_renderer.format == "json":
        return HttpResponse(renditions.accepted(made), "application/json", 201)
    return Response(json.loads(renditions.accepted(made)), 201)


def shown(entered: list[Entered]) -> Response:
    status = 201 if all(each.is_new for each in entered) else 200
    return Response(body([(each.word, each.quantiles) for each in entered]), status=status)


def body(pairs: Sequence[tuple[Any, Any]]) -> dict[str, Any]:
    return {"items": [shapes.accepted(made, quantiles) for made, quantiles in pairs]}


def read(data: object) -> list[Item]:
    """:raises predictions.item_faults.ItemsMisshapen: and ItemsInvalid, and what `listed` does."""
    raw = listed(data)
    items = list(filter(None, map(flawless, raw)))
    if len(items) == len(raw) == len({item.round_id for item in items}):
        return items
    faults: list[ItemFault] = []
    found = [item for place, each in enumerate(raw) for item in one(each, place, faults)]
    faults += repeated(raw)
    if any(fault.code in SHAPE_CODES for fault in faults):
        raise ItemsMisshapen(sorted(faults, key=lambda fault: fault.place))
    if faults:
        raise ItemsInvalid(faults)
    return found


def flawless(each: object) -> Item | None:
    """Most items are: whatever is not is looked at again, to say what is wrong with it."""
    rest = dict(each) if isinstance(each, dict) else {}
    said = rest.pop("round", None)
    if not isinstance(said, str) or len(said) not in UUID_LENGTHS:
        return None
    try:
        return Item(UUID(said), entry_shapes.read(rest))
    except (ValueError, Misshapen, InvalidEntry):
        return None


SHAPE_CODES = {"required", "null", "invalid", "invalid_choice", "unknown_field", "duplicate"}


def listed(data: object) -> list[Any]:
    """:raises rest_framework.exceptions.ValidationError: unless {"items": [1 to 500]}."""
    if not isinstance(data, Mapping):
        raise exceptions.ValidationError({"non_field_errors": ["Give an object with items."]})
    unknown = sorted(set(map(str, data)) - {"items"})[:20]
    if unknown:
        raise exceptions.ValidationError(
            {name: ["Unknown field."] for name in unknown}, code="unknown_field"
        )
    items = data.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= bulk.MOST:
        raise exceptions.ValidationError({"items": [f"Give a list of 1 to {bulk.MOST} items."]})
    return items


def one(each: object, place: int, faults: list[ItemFault]) -> Iterator[Item]:
    """The item, or its faults added to the others'."""
    entry: Entry | None = None
    rest = each
    if isinstance(each, Mapping):
        rest = {name: value for name, value in each.items() if name != "round"}
    round_id = identified(each, place, faults)
    try:
        entry = entry_shapes.read(rest)
    except Misshapen as error:
        faults += [ItemFault(place, f.field, f.code, f.detail) for f in error.faults]
    except InvalidEntry as error:
        faults.append(ItemFault(place, error.field, error.code, str(error)))
    if entry is not None and round_id is not None:
        yield Item(round_id, entry)


def identified(each: object, place: int, faults: list[ItemFault]) -> UUID | None:
    if not isinstance(each, Mapping):
        return None  # the entry's reader says so
    said = each.get("round")
    if "round" not in each:
        missing = entry_shapes.missing("round")
        faults.append(ItemFault(place, missing.field, missing.code, missing.detail))
        return None
    try:
        if isinstance(said, str) and len(said) in UUID_LENGTHS:
            return UUID(said)
    except ValueError:
        said = None
    faults.append(ItemFault(place, "round", "invalid", "Must be a valid UUID."))
    return None


def repeated(raw: Sequence[Any]) -> Iterator[ItemFault]:
    """There is one prediction per player and round."""
    seen: set[str] = set()
    for place, each in enumerate(raw):
        said = each.get("round") if isinstance(each, Mapping) else None
        if not isinstance(said, str):
            continue
        name = said.replace("-", "").lower()
        if name in seen:
            yield ItemFault(place, "round", "duplicate", "This round is in the list already.")
        seen.add(name)
