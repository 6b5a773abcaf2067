"""What is asked and answered, as pydantic checks and writes it."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

PLACES = 8


def not_a_float(value: object) -> object:
    """:raises ValueError: for numbers that JSON's readers round."""
    if isinstance(value, float | bool):
        raise ValueError("Give a string or an integer.")  # noqa: TRY004 -- pydantic's contract
    return value


Number = Annotated[
    Decimal, BeforeValidator(not_a_float), Field(max_digits=20, decimal_places=PLACES)
]
Written = Annotated[Decimal, PlainSerializer(lambda number: f"{number:.{PLACES}f}")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Quantiles(Strict):
    form: Literal["quantiles"]
    basis: Literal["price", "return"] = "price"
    p10: Number
    p50: Number
    p90: Number

    @model_validator(mode="after")
    def ascends(self) -> Self:
        if not self.p10 <= self.p50 <= self.p90:
            raise ValueError("Give p10, p50 and p90 in ascending order.")
        if self.basis == "price" and self.p10 <= 0:
            raise ValueError("A price is greater than zero.")
        return self


class Point(Strict):
    form: Literal["point"]
    basis: Literal["price", "return"] = "price"
    point: Number


class ProbUp(Strict):
    form: Literal["prob_up"]
    prob_up: Annotated[Number, Field(ge=Decimal("0.02"), le=Decimal("0.98"))]


Entry = Annotated[Quantiles | Point | ProbUp, Field(discriminator="form")]


class Three(BaseModel):
    p10: Written
    p50: Written
    p90: Written


class Predicted(Three):
    id: uuid.UUID
    round: uuid.UUID
    player: str
    kind: str
    revision: int
    form: str
    basis: str
    accepted_at: datetime
    is_withdrawn: bool
    cost: str | None = None
    reasoning: str
    is_simulated_reasoning: bool
    as_of: datetime | None
    points: str | None = None


class Acknowledged(BaseModel):
    operator: str
    digest: str
    accepted_at: datetime
    signature: str


class Accepted(BaseModel):
    prediction: Predicted
    quantiles: Three
    acknowledgement: Acknowledged


def levels(entry: Quantiles | Point | ProbUp) -> tuple[str, Decimal, Decimal, Decimal]:
    """The basis and the three numbers."""
    if isinstance(entry, Quantiles):
        return entry.basis, entry.p10, entry.p50, entry.p90
    if isinstance(entry, Point):
        return entry.basis, entry.point, entry.point, entry.point
    return "return", entry.prob_up, entry.prob_up, entry.prob_up
