"""The same entry in the other side's manner: key and round remembered, one statement writes."""

import time
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException
from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.expression import Select

from bench.refs.peer import entries, shapes
from bench.refs.peer.rows import ApiKey, Player, Prediction, Round, Sessions, engine

REMEMBERED_S = 30.0
COLUMNS = [column.name for column in Prediction.__table__.columns]
known: dict[str, tuple[float, ApiKey]] = {}
seen: dict[uuid.UUID, tuple[float, Round]] = {}
router = APIRouter(prefix="/lean")


@router.post(
    "/api/v1/rounds/{round_id}/prediction", status_code=201, response_model=shapes.Accepted
)
async def predict(
    round_id: uuid.UUID, entry: shapes.Entry, authorization: Annotated[str, Header()] = ""
) -> Any:
    key, round_ = await remembered(authorization), await remembered_round(round_id)
    row = entries.predicted(entry, key, round_, at=None)
    statement = insert(Prediction).from_select(COLUMNS, chosen(row, key))
    async with engine.connect() as database:
        await database.execution_options(isolation_level="AUTOCOMMIT")
        at = await database.scalar(statement.returning(Prediction.accepted_at))
    if at is None:
        raise HTTPException(409, "round_not_open")
    row.accepted_at = at
    return entries.shown(row, key.player)


async def remembered(authorization: str) -> ApiKey:
    """Held against the database again by the statement that writes."""
    at, key = known.get(authorization, (0.0, None))
    if key is None or time.monotonic() - at > REMEMBERED_S:
        async with Sessions() as database:
            key = await entries.checked(database, authorization)
        known[authorization] = (time.monotonic(), key)
    return key


async def remembered_round(round_id: uuid.UUID) -> Round:
    """What never changes of it."""
    at, round_ = seen.get(round_id, (0.0, None))
    if round_ is None or time.monotonic() - at > REMEMBERED_S:
        async with Sessions() as database:
            statement = select(Round).options(joinedload(Round.season))
            round_ = await database.scalar(statement.where(Round.id == round_id))
        if round_ is None:
            raise HTTPException(409, "round_not_open")
        seen[round_id] = (time.monotonic(), round_)
    return round_


def chosen(row: Prediction, key: ApiKey) -> Select[Any]:
    """The row's values, where the round and the key let them in."""
    gate = entries.admitting(row.round_id, select(Round.id, func.clock_timestamp())).cte("gate")
    good = select(ApiKey.id).join(ApiKey.player).where(Player.is_active)
    good = good.where(ApiKey.id == key.id, ApiKey.revoked_at.is_(None))
    table = Prediction.__table__.columns
    values = [
        gate.c[1] if name == "accepted_at" else literal(getattr(row, name), table[name].type)
        for name in COLUMNS
    ]
    return select(*values).select_from(gate).where(good.exists())
