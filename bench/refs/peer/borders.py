"""What surrounds every route: request ids, the limiter, security headers, problem documents.

Pure ASGI, because Starlette's own BaseHTTPMiddleware costs as much as a small route.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import redis.asyncio
from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HARMLESS = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
}
QUOTA, WINDOW_S = int(os.environ["RATE_LIMIT_RPM"]), 60
request_id: ContextVar[str] = ContextVar("request_id", default="")
store = redis.asyncio.Redis.from_url(os.environ["PEER_REDIS_URL"])
count = store.register_script(os.environ["PEER_LIMITER"])  # the very script of the other side


class Borders:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        given = asked.get("x-request-id", "")
        request_id.set(given if HARMLESS.fullmatch(given) else uuid.uuid4().hex)
        is_allowed, told = await limited(scope, asked)
        told |= HEADERS | {"X-Request-ID": request_id.get()}

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        app = self.app if is_allowed else problem(scope["path"], 429, "rate_limited")
        await app(scope, receive, send_with)


async def limited(scope: Scope, asked: Headers) -> tuple[bool, dict[str, str]]:
    """Whether the address and the key have requests left, and the headers that say so."""
    who = {"ip": scope["client"][0]}
    if "authorization" in asked:
        who["key"] = hashlib.sha256(asked["authorization"].encode()).hexdigest()
    keys = [f"peer:{name}:{identity}" for name, identity in who.items()]
    is_allowed, *numbers = await count(keys=keys, args=[QUOTA, WINDOW_S * 10**6])
    left = dict(zip(who, zip(numbers[::2], numbers[1::2], strict=True), strict=True))
    least, wait = min(left.values())
    return bool(is_allowed), {
        "RateLimit-Policy": ", ".join(f'"{name}";q={QUOTA};w={WINDOW_S}' for name in who),
        "RateLimit": ", ".join(
            f'"{name}";r={rest};t={-(-after // 10**6)}' for name, (rest, after) in left.items()
        ),
        "X-RateLimit-Limit": str(QUOTA),
        "X-RateLimit-Remaining": str(least),
        "X-RateLimit-Reset": str(-(-wait // 10**6)),
    }


def problem(
    path: str, status: int, code: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    body = {"type": f"/problems/{code}", "title": code, "status": status, "code": code}
    body |= {"instance": path, "request_id": request_id.get()} | more
    kind = "application/problem+json"
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=kind)


async def refused(request: Request, error: Exception) -> JSONResponse:
    status, code = getattr(error, "status_code", 400), getattr(error, "detail", "invalid")
    errors: list[Any] = getattr(error, "errors", list)()
    told = [{"pointer": "/".join(map(str, one["loc"])), "detail": one["msg"]} for one in errors]
    headers = getattr(error, "headers", None)
    return problem(request.url.path, status, str(code), headers=headers, errors=told)
