"""What a prediction may be: three quantiles, a point, or the chance that the price rises.

`basis="return"` counts in basis points of return on the price at the lock, not in prices.
"""

from decimal import Decimal
from typing import Literal, NotRequired, TypedDict

Number = Decimal | int | float | str
Basis = Literal["price", "return"]


class Entry(TypedDict):
    """As it is sent; `salt` and `signature` belong to entries signed with a wallet."""

    form: Literal["quantiles", "point", "prob_up"]
    basis: NotRequired[Basis]
    p10: NotRequired[str]
    p50: NotRequired[str]
    p90: NotRequired[str]
    point: NotRequired[str]
    prob_up: NotRequired[str]
    salt: NotRequired[str]
    signature: NotRequired[str]


class Item(Entry):
    """An entry of a bulk request, and the round it is for."""

    round: str


def quantiles(p10: Number, p50: Number, p90: Number, *, basis: Basis = "price") -> Entry:
    """Of ten outcomes one should end below p10, five below p50 and nine below p90."""
    return {
        "form": "quantiles",
        "basis": basis,
        "p10": plain(p10),
        "p50": plain(p50),
        "p90": plain(p90),
    }


def point(value: Number, *, basis: Basis = "price") -> Entry:
    """One value; the house's spread is put around it."""
    return {"form": "point", "basis": basis, "point": plain(value)}


def prob_up(chance: Number) -> Entry:
    """The chance, 0.02 to 0.98, that the price is higher at settlement than at the lock."""
    return {"form": "prob_up", "prob_up": plain(chance)}


def for_round(round_id: str, entry: Entry) -> Item:
    return {"round": round_id, **entry}


def plain(number: Number) -> str:
    """Without an exponent: 0.00001, never 1e-05; to eight decimals, as the league keeps them.

    :raises decimal.InvalidOperation: for what is no number.
    """
    value = Decimal(str(number))
    return f"{round(value, 8).normalize() if isinstance(number, float) else value:f}"
