"""The peer as uvicorn serves it: its routes, and a board's first page kept in the process."""

import asyncio
import json
import time

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from prometheus_fastapi_instrumentator import Instrumentator
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from bench.refs.peer import borders, entries, lean
from bench.refs.peer.rows import Board, Sessions, Standing

FRESH_S = 1.0
PAGE = 100
app = FastAPI(
    exception_handlers={HTTPException: borders.refused, RequestValidationError: borders.refused}
)
app.add_middleware(CORSMiddleware, allow_origins=["https://league.example.org"])
app.add_middleware(borders.Borders)
app.include_router(entries.router)
app.include_router(lean.router)
Instrumentator().instrument(app).expose(app)
pages: dict[str, tuple[float, str, bytes]] = {}  # when it was looked at, its tag, its bytes
looking = asyncio.Lock()


@app.get("/livez")
async def livez() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/api/v1/leaderboard")
async def leaderboard(request: Request, season: str, horizon: str) -> Response:
    """Kept in the process, and held against the database once a second."""
    del season  # there is one here
    page = pages.get(horizon)
    if page is None or time.monotonic() - page[0] > FRESH_S:
        async with looking, Sessions() as database:
            page = pages[horizon] = await looked(database, horizon, page)
    _, tag, body = page
    headers = {"ETag": tag, "Cache-Control": "public, max-age=5"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


async def looked(
    database: AsyncSession, horizon: str, page: tuple[float, str, bytes] | None
) -> tuple[float, str, bytes]:
    board = await database.scalar(select(Board).where(Board.horizon == horizon))
    if board is None:
        raise HTTPException(404, "not_found")
    tag = f'"{board.id}-{board.version}"'
    if page is not None and page[1] == tag:
        return time.monotonic(), tag, page[2]
    rows = select(Standing).options(joinedload(Standing.player)).order_by(Standing.rank)
    found = await database.scalars(rows.where(Standing.board_id == board.id).limit(PAGE))
    whole = {"horizon": horizon, "rounds": board.rounds, "locks": board.locks}
    whole |= {"version": board.version, "results": [one.shown() for one in found]}
    return time.monotonic(), tag, json.dumps(whole).encode()
