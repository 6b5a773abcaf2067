"""What a plain Django view needs to take an entry: look the key up, insert the row.

No middleware, no framework, no check of anything but the key: the floor of a POST.
"""

import hashlib
import json
import uuid
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

FIND = """
    SELECT p.id, k.secret_sha256 FROM league_apikey AS k JOIN league_player AS p
    ON p.id = k.player_id
    WHERE k.prefix = %s AND k.revoked_at IS NULL AND p.is_active
"""
INSERT = """
    INSERT INTO predictions_prediction (id, round_id, player_id, form, basis, p10, p50, p90,
        accepted_at, is_withdrawn, revision, salt, payload_hash, digest, reasoning,
        is_simulated_reasoning)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp(), false, 1, %s, %s, %s, '', false)
    RETURNING id, accepted_at
"""


def post(request: HttpRequest, round_id: uuid.UUID) -> HttpResponse:
    _, _, prefix, secret = request.headers["Authorization"].rpartition(" ")[2].split("_")
    entry: dict[str, Any] = json.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(FIND, [prefix])
        player, digest = cursor.fetchone() or (0, "")
        if hashlib.sha256(secret.encode()).hexdigest() != digest:
            return HttpResponse(status=401)
        words = [entry[name] for name in ("form", "basis", "p10", "p50", "p90")]
        seal = [bytes(32)] * 3
        cursor.execute(INSERT, [uuid.uuid4(), round_id, player, *words, *seal])
        made, at = cursor.fetchone() or (None, None)
    return JsonResponse({"id": made, "accepted_at": at, **entry}, status=201)


urlpatterns = [path("api/v1/rounds/<uuid:round_id>/prediction", post)]
