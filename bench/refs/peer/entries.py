"""P1's and P2's peer: what a team on FastAPI and SQLAlchemy would write to take an entry.

The same tables in the same PostgreSQL, the same limiter's script in the same Redis, the same
answer with the operator's signed word, the requests counted for Prometheus; served by uvicorn on
uvloop and httptools. In its favour it leaves out what such a team would write last: sessions, how
far an entry lies from the price, and the prices that a return stands for. It takes first words
only, as are sent here.
"""

import hashlib
import hmac
import json
import re
import secrets
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from bench.refs.peer import seals, shapes
from bench.refs.peer.rows import (
    Answer,
    ApiKey,
    League,
    Player,
    Prediction,
    Round,
    Season,
    Sessions,
    uuid7,
)

KEY = re.compile(r"Bearer lg_live_([0-9a-f]{16})_([0-9a-f]{64})")
NAME = re.compile(r"[!-~]{1,255}", re.ASCII)
router = APIRouter()


async def session() -> AsyncIterator[AsyncSession]:
    async with Sessions() as opened:
        yield opened


Database = Annotated[AsyncSession, Depends(session)]


async def asker(database: Database, authorization: Annotated[str, Header()] = "") -> ApiKey:
    """The key shown, found by its prefix and held against its SHA-256."""
    return await checked(database, authorization)


async def checked(database: AsyncSession, authorization: str) -> ApiKey:
    shown = KEY.fullmatch(authorization)
    if shown is None:
        raise HTTPException(401, "not_authenticated")
    statement = (
        select(ApiKey)
        .join(ApiKey.player)
        .options(contains_eager(ApiKey.player))
        .where(ApiKey.prefix == shown[1], ApiKey.revoked_at.is_(None), Player.is_active)
        .where(or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.clock_timestamp()))
    )
    key = await database.scalar(statement)
    digest = hashlib.sha256(shown[2].encode()).hexdigest()
    if key is None or not hmac.compare_digest(key.secret_sha256, digest):
        raise HTTPException(401, "authentication_failed")
    if "predict" not in key.scopes:
        raise HTTPException(403, "insufficient_scope")
    return key


@router.post(
    "/api/v1/rounds/{round_id}/prediction", status_code=201, response_model=shapes.Accepted
)
async def predict(  # noqa: PLR0913, PLR0917 -- what FastAPI injects
    round_id: uuid.UUID,
    entry: shapes.Entry,
    request: Request,
    database: Database,
    key: Annotated[ApiKey, Depends(asker)],
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Any:
    answer = await claimed(database, request, key=key, name=idempotency_key)
    if answer is not None and answer.status:
        return replayed(answer)
    found = (await database.execute(admission(round_id))).first()
    if found is None:
        raise HTTPException(409, "round_not_open")
    row = predicted(entry, key, found[0], at=found[1])
    database.add(row)
    said = shown(row, key.player)
    if answer is not None:
        answer.status, answer.body = 201, said.model_dump_json()
        database.add(answer)
    try:
        await database.commit()
    except IntegrityError as error:
        raise HTTPException(409, "conflict") from error
    return said


def admission(round_id: uuid.UUID) -> Select[tuple[Round, datetime]]:
    """The open round, locked against its lock until the commit, and the instant it was."""
    return admitting(round_id, select(Round, func.clock_timestamp())).options(
        contains_eager(Round.season)
    )


def admitting(round_id: uuid.UUID, what: Select[Any]) -> Select[Any]:
    return (
        what.join(Round.season)
        .join(League, League.id == Season.league_id)
        .where(Round.id == round_id, Round.status == "open", League.visibility == "public")
        .where(Round.opens_at <= func.clock_timestamp(), func.clock_timestamp() < Round.locks_at)
        .with_for_update(read=True, of=Round)
    )


async def claimed(
    database: AsyncSession, request: Request, *, key: ApiKey, name: str | None
) -> Answer | None:
    """None without the header; what was answered before, or an answer to be given."""
    if name is None:
        return None
    if not NAME.fullmatch(name):
        raise HTTPException(400, "invalid_idempotency_key")
    asked = f"player {key.player_id}\n{request.method}\n{request.url.path}\n{name}"
    question = hashlib.sha256(asked.encode()).hexdigest()
    told = json.dumps(await request.json(), sort_keys=True, separators=(",", ":"))
    fingerprint = hashlib.sha256(told.encode()).hexdigest()
    before = await database.get(Answer, question)
    if before is None:
        now = datetime.now(UTC)
        return Answer(question=question, fingerprint=fingerprint, status=0, body="", asked_at=now)
    if before.fingerprint != fingerprint:
        raise HTTPException(422, "idempotency_mismatch")
    return before


def replayed(answer: Answer) -> Response:
    headers = {"Idempotency-Replayed": "true"}
    return Response(answer.body, answer.status, headers, media_type="application/json")


def predicted(
    entry: shapes.Quantiles | shapes.Point | shapes.ProbUp,
    key: ApiKey,
    round_: Round,
    *,
    at: datetime | None,
) -> Prediction:
    basis, low, middle, high = shapes.levels(entry)
    salt = secrets.token_bytes(32)
    digest = seals.digest_of(round_, key.player.handle, entry, salt=salt)
    return Prediction(
        round_id=round_.id, player_id=key.player_id, form=entry.form, basis=basis,
        p10=low, p50=middle, p90=high, accepted_at=at, salt=salt, payload_hash=seals.NOTHING,
        digest=digest,
        id=uuid7(), revision=1, is_withdrawn=False, reasoning="", is_simulated_reasoning=False,
    )  # fmt: skip


def shown(row: Prediction, player: Player) -> shapes.Accepted:
    three = {"p10": row.p10, "p50": row.p50, "p90": row.p90}
    prediction = shapes.Predicted(
        id=row.id, round=row.round_id, player=player.handle, kind=player.kind,
        revision=row.revision, form=row.form, basis=row.basis, accepted_at=row.accepted_at,
        is_withdrawn=row.is_withdrawn, reasoning=row.reasoning, as_of=row.as_of,
        is_simulated_reasoning=row.is_simulated_reasoning, **three,
    )  # fmt: skip
    promise = seals.acknowledged(row.digest, row.accepted_at)
    quantiles = shapes.Three(**three)
    return shapes.Accepted(prediction=prediction, quantiles=quantiles, acknowledgement=promise)
