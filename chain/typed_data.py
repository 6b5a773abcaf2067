"""What eth_signTypedData_v4 is given: the JSON whose EIP-712 digest the league commits. Pure."""

from decimal import Decimal
from typing import Any, Final

from chain import schema, words
from chain.networks import Network

Json = dict[str, Any]


def _fields(declaration: str) -> list[Json]:
    """Of a type as EIP-712 encodes it: `Name(type field,type field)`."""
    inside = declaration.partition("(")[2].removesuffix(")")
    pairs = (field.split(" ") for field in inside.split(","))
    return [{"name": name, "type": kind} for kind, name in pairs]


TYPES: Final = {
    "EIP712Domain": _fields(schema.DOMAIN_TYPE),
    "Prediction": _fields(schema.PREDICTION_TYPE),
}


def prediction(entry: schema.Entry, *, network: Network) -> Json:
    """Large integers are decimal text, as JavaScript's numbers would round them."""
    return {
        "types": TYPES,
        "primaryType": "Prediction",
        "domain": {
            "name": schema.DOMAIN_NAME,
            "version": schema.DOMAIN_VERSION,
            "chainId": network.chain_id,
            "verifyingContract": network.contract,
        },
        "message": {
            "league": _hex(entry.league),
            "round": _hex(entry.round_key),
            "player": _hex(schema.name_hash(entry.player)),
            "p10": _scaled(entry.p10),
            "p50": _scaled(entry.p50),
            "p90": _scaled(entry.p90),
            "basis": entry.basis,
            "revision": entry.revision,
            "payloadHash": _hex(entry.payload_hash),
            "salt": _hex(entry.salt),
        },
    }


def _scaled(value: Decimal) -> str:
    return str(int.from_bytes(words.fixed(value), "big", signed=True))


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"
