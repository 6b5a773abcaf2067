"""Many players with keys, and open rounds to enter, made by a few statements."""

import hashlib
import io
import json
import sys
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection

from league import gate
from league.models import Round, Season
from league.models.round import Status
from tests import factories

SECRET = "ab" * 32
DIGEST = hashlib.sha256(SECRET.encode()).hexdigest()
ENTRY = {"form": "quantiles", "basis": "return", "p10": "-20", "p50": "0", "p90": "25"}
BODY = json.dumps(ENTRY).encode()
PLAYERS = """
    INSERT INTO league_player (handle, name, kind, is_primary, is_active, is_demo, registered_at)
    SELECT 'bench-' || n, 'Bench', 'human', true, true, false, now()
    FROM generate_series(1, %s) AS n
"""
KEYS = """
    INSERT INTO league_apikey (prefix, secret_sha256, player_id, label, scopes, created_at)
    SELECT lpad(to_hex(n), 16, '0'), %s, p.id, '', '["predict", "read"]', now()
    FROM generate_series(1, %s) AS n JOIN league_player AS p ON p.handle = 'bench-' || n
"""
HORIZON = timedelta(hours=24)
MANY = "/api/v1/predictions/bulk"
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Any]


def players(count: int) -> list[str]:
    """Their keys."""
    with connection.cursor() as cursor:
        cursor.execute(PLAYERS, [count])
        cursor.execute(KEYS, [DIGEST, count])
        cursor.execute("ANALYZE league_player, league_apikey")
    return [f"lg_live_{number:016x}_{SECRET}" for number in range(1, count + 1)]


def season() -> Season:
    """A public season whose one market has a history until now."""
    now = gate.database_now().replace(microsecond=0)
    made = factories.season(now=now)
    factories.history(until=now)
    return made


def rounds(of: Season, count: int) -> list[uuid.UUID]:
    """Open ones that lock in a day; ask once for all of a season."""
    now = gate.database_now().replace(microsecond=0)
    made = [
        Round(
            season=of,
            asset_id="BTC",
            horizon="24h",
            opens_at=now - timedelta(seconds=count - number),
            locks_at=now - timedelta(seconds=count - number) + HORIZON,
            settles_at=now - timedelta(seconds=count - number) + 2 * HORIZON,
            status=Status.OPEN,
        )
        for number in range(count)
    ]
    found = [each.pk for each in Round.objects.bulk_create(made)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE league_round, league_season, league_league")
    return found


def bulk(round_ids: Sequence[uuid.UUID]) -> bytes:
    """The body of one bulk request."""
    items = [{"round": str(round_id)} | ENTRY for round_id in round_ids]
    return json.dumps({"items": items}).encode()


def path(round_id: uuid.UUID) -> str:
    return f"/api/v1/rounds/{round_id}/prediction"


def post(app: Wsgi, address: str, *, key: str, body: bytes = BODY) -> bytes:
    """One request through a WSGI application, without sockets. :raises AssertionError: not 201."""
    said: list[str] = []
    path_info, _, query = address.partition("?")
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path_info, "SCRIPT_NAME": "", "QUERY_STRING": query,
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost", "HTTP_ACCEPT": "*/*", "HTTP_AUTHORIZATION": f"Bearer {key}",
        "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.multithread": True,
        "wsgi.multiprocess": True, "wsgi.run_once": False,
    }  # fmt: skip
    answer = app(environ, lambda status, _headers, _error=None: said.append(status))
    text = b"".join(answer)
    answer.close()
    assert said == ["201 Created"], (said, text)
    return text
