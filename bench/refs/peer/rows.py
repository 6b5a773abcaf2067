"""The league's own tables as SQLAlchemy sees them: only what an entry and a board need."""

import os
import time
import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

CONNECTIONS = 4  # of each process: as many as the other side's threads hold
engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://", 1),
    pool_size=CONNECTIONS,
    max_overflow=0,
)
Sessions = async_sessionmaker(engine, expire_on_commit=False)


class Row(DeclarativeBase):
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        Decimal: Numeric(20, 8),
        list[str]: JSONB,
        dict[str, Any]: JSONB,
    }


def uuid7() -> uuid.UUID:
    noise = int.from_bytes(os.urandom(10), "big")
    value = (time.time_ns() // 1_000_000 & (2**48 - 1)) << 80 | noise
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


class Player(Row):
    __tablename__ = "league_player"
    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    is_active: Mapped[bool]


class ApiKey(Row):
    __tablename__ = "league_apikey"
    id: Mapped[int] = mapped_column(primary_key=True)
    prefix: Mapped[str]
    secret_sha256: Mapped[str]
    player_id: Mapped[int] = mapped_column(ForeignKey("league_player.id"))
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    player: Mapped[Player] = relationship()


class League(Row):
    __tablename__ = "league_league"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visibility: Mapped[str]


class Season(Row):
    __tablename__ = "league_season"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    league_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("league_league.id"))
    rules: Mapped[dict[str, Any]]
    rules_hash: Mapped[str]


class Round(Row):
    __tablename__ = "league_round"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    season_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("league_season.id"))
    season: Mapped[Season] = relationship()
    asset_id: Mapped[str]
    status: Mapped[str]
    opens_at: Mapped[datetime]
    locks_at: Mapped[datetime]
    settles_at: Mapped[datetime]


class Prediction(Row):
    __tablename__ = "predictions_prediction"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    round_id: Mapped[uuid.UUID]
    player_id: Mapped[int]
    form: Mapped[str]
    basis: Mapped[str]
    p10: Mapped[Decimal]
    p50: Mapped[Decimal]
    p90: Mapped[Decimal]
    probit: Mapped[float | None]
    accepted_at: Mapped[datetime]
    is_withdrawn: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=1)
    salt: Mapped[bytes]
    payload_hash: Mapped[bytes]
    digest: Mapped[bytes]
    signature: Mapped[bytes | None]
    reasoning: Mapped[str] = mapped_column(default="")
    as_of: Mapped[datetime | None]
    is_simulated_reasoning: Mapped[bool] = mapped_column(default=False)


class Answer(Row):
    __tablename__ = "league_answer"
    question: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    asked_at: Mapped[datetime]


class Board(Row):
    __tablename__ = "leaderboard_board"
    id: Mapped[int] = mapped_column(primary_key=True)
    season_id: Mapped[uuid.UUID]
    horizon: Mapped[str]
    rounds: Mapped[int]
    locks: Mapped[int]
    version: Mapped[int]
    published_at: Mapped[datetime]


class Standing(Row):
    __tablename__ = "leaderboard_standing"
    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int]
    player_id: Mapped[int] = mapped_column(ForeignKey("league_player.id"))
    player: Mapped[Player] = relationship()
    rank: Mapped[int]
    rounds: Mapped[int]
    locks: Mapped[int]
    mean_milli: Mapped[int]
    rating_milli: Mapped[int]
    low_milli: Mapped[int | None]
    high_milli: Mapped[int | None]
    coverage: Mapped[float]
    is_provisional: Mapped[bool]

    def shown(self) -> dict[str, Any]:
        return {
            "rank": self.rank, "player": self.player.handle, "name": self.player.name,
            "kind": self.player.kind, "rounds": self.rounds, "locks": self.locks,
            "mean_points": self.mean_milli / 1000, "rating": self.rating_milli / 1000,
            "low": self.low_milli and self.low_milli / 1000,
            "high": self.high_milli and self.high_milli / 1000,
            "coverage": self.coverage, "provisional": self.is_provisional,
        }  # fmt: skip
