"""Check a receipt, or a whole round, with nothing but Python's standard library.

    python -m chain.verify receipt.json|round.json [--ledger ledger.json [--head 0x..]]
    python -m chain.verify receipt.json|round.json --rpc URL --chain-id N --contract 0x..
    python -m chain.verify round.json --answer answer.json [--operator 0x..]

Exit status: 0 verified; 1 something does not hold; 2 it could not be asked (a file cannot be
read, a node does not answer, the digest is not anchored yet, the network is not known here).

This file is meant to be copied away and run by somebody who does not trust the league, so it
shares no code with it: its own Keccak, its own encodings, its own scoring arithmetic. `--ledger`
is the exported local chain; `--head` is a head you noted earlier, which that chain must contain.
`--rpc` is a node you trust; the chain's id and the contract's address come from you, never from
the document, and the contract's code must be the published one. `--answer` is what the league
answered when it took a prediction, and `--operator` the address it publishes: a word that was
acknowledged and is not in its round was left out.
"""

import argparse
import json
import math
import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

VERIFIED, REFUSED, UNDECIDED = 0, 1, 2
Json = dict[str, Any]


class Refused(Exception):
    """Something in the document does not hold."""


class Undecided(Exception):
    """It cannot be told from what is here."""


class Absent(Exception):
    """The document need not carry it, and does not."""


class Step(NamedTuple):
    """One thing checked; `status` is ok, note, FAILED or unknown."""

    name: str
    status: str
    detail: str


# -- Keccak-256: the permutation of FIPS 202, with the padding Ethereum kept --------------------
LANE, RATE, ROUNDS = (1 << 64) - 1, 136, 24


def _constants() -> Iterable[int]:
    register = 1
    for _ in range(ROUNDS):
        constant = 0
        for power in range(7):
            constant |= (register & 1) << ((1 << power) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        yield constant


def _moves() -> Iterable[tuple[int, int, int]]:
    yield 0, 0, 0
    x, y = 1, 0
    for step in range(1, 25):
        source, x, y = x + 5 * y, y, (2 * x + 3 * y) % 5
        yield source, x + 5 * y, step * (step + 1) // 2 % 64


CONSTANTS, MOVES = tuple(_constants()), tuple(_moves())
CHI = tuple((i, i - i % 5 + (i + 1) % 5, i - i % 5 + (i + 2) % 5) for i in range(25))


def _permute(a: list[int]) -> list[int]:
    b = [0] * 25
    for constant in CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ ((c[x - 4] << 1 | c[x - 4] >> 63) & LANE) for x in range(5)]
        for source, target, turn in MOVES:
            lane = a[source] ^ d[source % 5]
            b[target] = (lane << turn | lane >> (64 - turn)) & LANE
        a = [b[i] ^ (~b[j] & b[k]) for i, j, k in CHI]
        a[0] ^= constant
    return a


def keccak(*parts: bytes) -> bytes:
    """The 32-byte Keccak-256 digest of the parts, one after the other."""
    data = b"".join(parts)
    padded = bytearray(data + bytes(RATE - len(data) % RATE))
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    state = [0] * 25
    for start in range(0, len(padded), RATE):
        for lane in range(RATE // 8):
            at = start + 8 * lane
            state[lane] ^= int.from_bytes(padded[at : at + 8], "little")
        state = _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


# -- how values become 32-byte words ------------------------------------------------------------
SCALE = Decimal(10) ** 8


@cache
def name(text: str) -> bytes:
    return keccak(text.encode())


def raw(text: str) -> bytes:
    if not re.fullmatch(r"0x[0-9a-f]{64}", text):
        raise Refused(f"{text!r} is not 32 bytes of lower-case hex")
    return bytes.fromhex(text[2:])


def number(value: int) -> bytes:
    if type(value) is not int:
        raise Refused(f"{value!r} is not a whole number")
    return value.to_bytes(32, "big", signed=value < 0)


def decimal(text: str) -> Decimal:
    if not re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,8})?", text):
        raise Refused(f"{text!r} is not a plain decimal of at most eight places")
    return Decimal(text)


def address(text: str) -> bytes:
    if not re.fullmatch(r"0x[0-9a-f]{40}", text):
        raise Refused(f"{text!r} is not an address in lower-case hex")
    return bytes.fromhex(text[2:]).rjust(32, b"\0")


def fixed(text: str) -> bytes:
    return number(int(decimal(text) * SCALE))


def seconds(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def pair(left: bytes, right: bytes) -> bytes:
    return keccak(min(left, right), max(left, right))


def tree_root(leaves: list[bytes]) -> bytes:
    """OpenZeppelin's StandardMerkleTree: sorted leaves at the tail of a heap, backwards."""
    if not leaves:
        return keccak(b"AI vs Human Prediction League: empty tree")
    heap = [b""] * (len(leaves) - 1) + sorted(leaves, reverse=True)
    for node in range(len(leaves) - 2, -1, -1):
        heap[node] = pair(heap[2 * node + 1], heap[2 * node + 2])
    return heap[0]


def equal(found: Any, stated: Any, what: str) -> None:
    if found != stated:
        shown = [
            f"0x{each.hex()}" if isinstance(each, bytes) else each for each in (found, stated)
        ]
        raise Refused(f"{what}: found {shown[0]}, stated {shown[1]}")


# -- the prediction: round, digest, inclusion, anchor -------------------------------------------
LOCAL = {"name": "local", "chain_id": 0, "contract": "0x" + "00" * 20}
DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
PREDICTION = (
    "Prediction(bytes32 league,bytes32 round,bytes32 player,int256 p10,int256 p50,int256 p90,"
    "uint8 basis,uint32 revision,bytes32 payloadHash,bytes32 salt)"
)


def members(doc: Json) -> list[Json]:
    """The predictions the document speaks of: all of a round's, or a receipt's one."""
    if doc["type"] == "round":
        return list(doc["predictions"])
    own = {key: doc[key] for key in ("seq", "commitment", "prediction", "signature")}
    return [own | {"points_milli": (doc["result"] or {}).get("points_milli")}]


def root_from(doc: Json, words: list[bytes], proof: list[str]) -> bytes:
    """The root over the members' words: over all of a round's, or by a receipt's proof."""
    key, found = raw(doc["round"]["round_key"]), members(doc)
    rows = [(key, number(one["seq"]), word) for one, word in zip(found, words, strict=True)]
    leaves = [keccak(keccak(*row)) for row in rows]
    if doc["type"] == "round":
        return tree_root(leaves)
    node = leaves[0]
    for sibling in proof:
        node = pair(node, raw(sibling))
    return node


def check_form(doc: Json, _: Any) -> str:
    if doc["version"] != 1 or doc["type"] not in {"receipt", "round"}:
        raise Undecided("this program reads receipts and rounds of version 1")
    stated = doc["network"]
    if stated["name"] == "local":
        equal(LOCAL, stated, "network")
        return f"{doc['type']} of version 1 on the local ledger (no public blockchain)"
    address(stated["contract"])
    name = f"eip155:{stated['chain_id']}:{stated['contract']}"
    if stated["name"] != name or type(stated["chain_id"]) is not int:
        raise Undecided(f"it does not know the network {stated['name']!r}")
    return f"{doc['type']} of version 1 on chain {stated['chain_id']}, {stated['contract']}"


def check_round(doc: Json, _: Any) -> str:
    stated = doc["round"]
    times = [seconds(stated[key]) for key in ("opens_at", "locks_at", "settles_at")]
    if not times[0] < times[1] < times[2]:
        raise Refused("the round's times do not ascend")
    rules = keccak(canonical(stated["rules"]))
    equal(rules, raw(stated["rules_hash"]), "hash of the rules")
    key = keccak(name(stated["league"]), name(stated["asset"]), *map(number, times), rules)
    equal(key, raw(stated["round_key"]), "round key")
    home = stated["rules"].get("network", "local")
    equal(doc["network"]["name"], home, "network that the rules name")
    return "the key follows from league, asset, times and rules"


def digest(doc: Json, given: Json) -> bytes:
    """The EIP-712 digest of one prediction."""
    network = doc["network"]
    where = number(network["chain_id"]), address(network["contract"])
    identity = name("AI vs Human Prediction League"), name("1"), *where
    struct = keccak(
        name(PREDICTION),
        name(doc["round"]["league"]),
        raw(doc["round"]["round_key"]),
        name(given["player"]),
        *(fixed(given[level]) for level in ("p10", "p50", "p90")),
        *(number(given[key]) for key in ("basis", "revision")),
        *(raw(given[key]) for key in ("payload_hash", "salt")),
    )
    return keccak(b"\x19\x01", keccak(name(DOMAIN), *identity), struct)


def check_prediction(doc: Json, _: Any) -> str:
    known = [one for one in members(doc) if one["prediction"] is not None]
    for one in known:
        found = digest(doc, one["prediction"])
        equal(found, raw(one["commitment"]), f"digest of seq {one['seq']}")
    return f"{len(known)} EIP-712 digests recomputed, {len(members(doc)) - len(known)} erased"


def check_inclusion(doc: Json, _: Any) -> str:
    found, count = [one["seq"] for one in members(doc)], doc["count"]
    is_complete = doc["type"] == "round"
    if found != list(range(len(found))) if is_complete else not 0 <= found[0] < count:
        raise Refused(f"sequence numbers {found[:5]} do not fit a count of {count}")
    if is_complete:
        equal(len(found), count, "count of predictions")
    words = [raw(one["commitment"]) for one in members(doc)]
    equal(root_from(doc, words, doc.get("proof", [])), raw(doc["root"]), "Merkle root")
    return f"{len(found)} of {count} committed predictions lead to the root"


def head_of(entry: Json) -> bytes:
    words = raw(entry["previous"]), name(entry["kind"]), raw(entry["id"]), raw(entry["root"])
    return keccak(*words, number(entry["count"]), number(seconds(entry["time"])))


def anchored(doc: Json, anchor: Json | None, pinned: tuple[str, bytes, bytes]) -> str:
    """Where an anchor says that it stands; `pinned` are its kind, key and digest."""
    if anchor is None:
        raise Undecided("not anchored yet: ask for the document again later")
    found = anchor["kind"], raw(anchor["id"]), raw(anchor["root"])
    for own, stated, what in zip(pinned, found, ("kind", "key", "digest"), strict=True):
        equal(own, stated, f"{what} of the anchor")
    equal(doc["network"]["name"], anchor["network"], "network of the anchor")
    if anchor["network"] == "local":
        equal(head_of(anchor), raw(anchor["head"]), "head of the anchor")
        return f"ledger entry {anchor['seq']} at {anchor['time']}"
    return f"said to be in block {anchor['block']} at {anchor['time']}"


def check_anchor(doc: Json, _: Any) -> str:
    key, root = raw(doc["round"]["round_key"]), raw(doc["root"])
    where = anchored(doc, doc["anchor"], ("commitment", key, root))
    equal(doc["count"], doc["anchor"]["count"], "count of the anchor")
    in_time = seconds(doc["anchor"]["time"]) < seconds(doc["round"]["settles_at"])
    return f"{where}, {'before' if in_time else 'LATE: not before'} the settlement instant"


# -- secp256k1: whose signatures they are -------------------------------------------------------
PRIME = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
Point = tuple[int, int, int]  # x / z**2 and y / z**3; no place where z is 0
NOWHERE = (1, 1, 0)
BASE = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    1,
)
MOST_NAMED = 5
LEAGUE_DOMAIN = "EIP712Domain(string name,string version)"
PROMISE = "Acknowledgement(bytes32 digest,uint256 acceptedAt)"
PROMISES = "Acknowledgements(bytes32[] digests,uint256 acceptedAt)"


def doubled(point: Point) -> Point:
    """On the curve y**2 = x**3 + 7."""
    x, y, z = point
    square = y * y % PRIME
    middle, slope = 4 * x * square % PRIME, 3 * x * x % PRIME
    x = (slope * slope - 2 * middle) % PRIME
    return x, (slope * (middle - x) - 8 * square * square) % PRIME, 2 * y * z % PRIME


def added(left: Point, right: Point) -> Point:
    if not left[2] or not right[2]:
        return left if left[2] else right
    (x1, y1, z1), (x2, y2, z2) = left, right
    square1, square2 = z1 * z1 % PRIME, z2 * z2 % PRIME
    x1, x2 = x1 * square2 % PRIME, x2 * square1 % PRIME
    y1, y2 = y1 * z2 * square2 % PRIME, y2 * z1 * square1 % PRIME
    run, rise = (x2 - x1) % PRIME, (y2 - y1) % PRIME
    if not run:
        return NOWHERE if rise else doubled(left)
    square = run * run % PRIME
    cube, middle = run * square % PRIME, x1 * square % PRIME
    x = (rise * rise - cube - 2 * middle) % PRIME
    return x, (rise * (middle - x) - y1 * cube) % PRIME, run * z1 * z2 % PRIME


def combined(first: int, second: int, point: Point) -> Point:
    """The sum of first * BASE and second * point."""
    terms, total = (NOWHERE, BASE, point, added(BASE, point)), NOWHERE
    for bit in range(255, -1, -1):
        which = (first >> bit & 1) | (second >> bit & 1) << 1
        total = added(doubled(total), terms[which])
    return total


def signer(digest: bytes, signature: str) -> str:
    """The address whose key signed the digest."""
    if not re.fullmatch(r"0x[0-9a-f]{130}", signature):
        raise Refused(f"{signature!r} is not 65 bytes of lower-case hex")
    r, s, v = int(signature[2:66], 16), int(signature[66:130], 16), int(signature[130:], 16)
    square = (r**3 + 7) % PRIME
    y = pow(square, (PRIME + 1) // 4, PRIME)
    if not (0 < r < ORDER and 0 < s <= ORDER // 2 and v in {27, 28}) or y * y % PRIME != square:
        raise Refused("no key can have made this signature")
    inverse, start = pow(r, -1, ORDER), (r, y if y % 2 == v - 27 else PRIME - y, 1)
    x, y, z = combined(-int.from_bytes(digest) * inverse % ORDER, s * inverse % ORDER, start)
    if not z:
        raise Refused("no key can have made this signature")
    unit = pow(z, -1, PRIME)
    key = x * unit**2 % PRIME, y * unit**3 % PRIME
    return f"0x{keccak(*(part.to_bytes(32) for part in key))[12:].hex()}"


def check_signature(doc: Json, _: Any) -> str:
    signed = [one for one in members(doc) if one.get("signature") is not None]
    for one in signed:
        stated = one["signature"]
        equal("eip712", stated["kind"], "kind of signature")
        found = signer(raw(one["commitment"]), stated["signature"])
        equal(found, stated["address"], f"signer of seq {one['seq']}")
    if not signed:
        raise Absent("no wallet signed this, so authorship rests on the league's word alone")
    wallets = sorted({one["signature"]["address"] for one in signed})[:MOST_NAMED]
    return f"{len(signed)} of {len(members(doc))} signed as that player, by {', '.join(wallets)}"


def microseconds(text: str) -> int:
    match = re.fullmatch(r"([^.]{19})(?:\.([0-9]{6}))?Z", text)
    if match is None:
        raise Refused(f"{text!r} is not an instant in UTC, to the microsecond")
    return seconds(f"{match[1]}Z") * 10**6 + int(match[2] or 0)


def promised(told: Json) -> list[bytes]:
    """The digests that an acknowledgement is signed for."""
    is_bulk = "digests" in told
    digests = [raw(each) for each in (told["digests"] if is_bulk else [told["digest"]])]
    struct, content = name(PROMISES if is_bulk else PROMISE), digests[0]
    if is_bulk:
        content = keccak(*digests)
    domain = keccak(name(LEAGUE_DOMAIN), name("AI vs Human Prediction League"), name("1"))
    struct = keccak(struct, content, number(microseconds(told["accepted_at"])))
    found = signer(keccak(b"\x19\x01", domain, struct), told["signature"])
    equal(found, told["operator"], "operator of the acknowledgement")
    return digests


def in_time(doc: Json, told: Json) -> bool:
    first, last = (seconds(doc["round"][key]) * 10**6 for key in ("opens_at", "locks_at"))
    return first <= microseconds(told["accepted_at"]) < last


def check_acknowledgement(doc: Json, _: Any) -> str:
    told = doc.get("acknowledgement")
    if told is None:
        raise Absent("compare what you were answered, with --answer")
    equal([raw(doc["commitment"])], promised(told), "acknowledged digest")
    if not in_time(doc, told):
        raise Refused("it was not accepted while the round was open")
    return f"accepted at {told['accepted_at']}, says {told['operator']}"


def check_answer(doc: Json, answer: Any) -> str:
    """Is the word in this round that a saved answer acknowledges?"""
    told, held = answer.get("acknowledgement", answer), members(doc)
    digests = {f"0x{each.hex()}" for each in promised(told)}
    found = [one["seq"] for one in held if one["commitment"] in digests]
    if found:
        return (
            f"{len(found)} of {len(digests)} acknowledged digests are in this round: seq {found}"
        )
    if doc["type"] != "round" or not in_time(doc, told):
        raise Undecided("this is not the whole round that was open when the answer was given")
    own = answer.get("prediction") or {}
    for one in held:
        word = one["prediction"] or {"player": None}
        if word["player"] == own.get("player", "") and word["revision"] > own["revision"]:
            raise Undecided(f"seq {one['seq']} is a later word of {word['player']}: a revision?")
    raise Refused(f"{told['operator']} acknowledged it, and unless withdrawn it was left out")


def check_operator(doc: Json, known: Any) -> str:
    told = doc.get("acknowledgement", doc)
    equal(known, told["operator"], "operator")
    return "the operator is the one you know"


# -- the result: evidence, prices, points, scores, settlement -----------------------------------
OUTCOMES = {"settled": 1, "final": 1, "void": 2}
TAUS, Z = (0.1, 0.5, 0.9), (-1.2815515655446004, 0.0, 1.2815515655446004)
FARTHEST_BP, FEWEST = 100, 2


def check_evidence(doc: Json, _: Any) -> str:
    ordered = sorted(doc["result"]["observations"], key=canonical)
    equal(keccak(canonical(ordered)), raw(doc["result"]["evidence"]), "digest of the observations")
    return f"{len(ordered)} observations"


def median(values: list[Decimal]) -> Decimal:
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def price_of(observations: list[Json]) -> Decimal:
    """The median of the valid values, those too far from the median of all of them dropped."""
    values = [decimal(one["value"]) for one in observations if one["is_valid"] is True]
    centre = median(values) if values else Decimal(1)
    kept = [value for value in values if abs((value / centre).ln()) * 10_000 <= FARTHEST_BP]
    if len(kept) < FEWEST:
        raise Refused("fewer than two sources agree")
    return median(kept).quantize(1 / SCALE, ROUND_HALF_EVEN)


def check_prices(doc: Json, _: Any) -> str:
    result = doc["result"]
    for instant, price in (("locks_at", "reference_price"), ("settles_at", "price")):
        at = doc["round"][instant]
        found = price_of([one for one in result["observations"] if one["instant"] == at])
        equal(found, decimal(result[price]), f"{price} at {at}")
    return "reference and settlement price are the medians of their sources"


def basis_points(price: str, reference: str) -> float:
    return 1e4 * math.log(float(decimal(price)) / float(decimal(reference)))


def quantiles(given: Json, result: Json) -> list[float]:
    """The three quantiles in basis points of log return on the reference price."""
    c, sigma, reference = float(result["c"]), float(result["sigma_bp"]), result["reference_price"]
    centres: tuple[Callable[[str], float], ...] = (
        lambda level: basis_points(level, reference),
        float,
        lambda level: basis_points(level, reference),
        float,
        lambda level: c * sigma * NormalDist().inv_cdf(float(level)),
    )
    spread = 0 if given["basis"] in {0, 1} else 1  # a point or a probability takes house shape
    centre, levels = centres[given["basis"]], [given[level] for level in ("p10", "p50", "p90")]
    return [centre(level) + spread * c * z * sigma for level, z in zip(levels, Z, strict=True)]


def loss(levels: list[float], outcome: float) -> float:
    gaps = [outcome - level for level in levels]
    low, middle, high = (max(t * g, (t - 1) * g) for t, g in zip(TAUS, gaps, strict=True))
    return 2 / 3 * (low + middle + high)  # not sum(): its rounding depends on Python's version


def check_points(doc: Json, _: Any) -> str:
    result, known = doc["result"], [one for one in members(doc) if one["prediction"] is not None]
    sigma, house = float(result["sigma_bp"]), [float(level) for level in result["house_bp"]]
    for level, z in zip(house, Z, strict=True):
        if not math.isclose(level, float(result["c"]) * sigma * z, rel_tol=1e-9):
            raise Refused(f"house quantile {level!r} is not z * c * sigma")
    outcome = basis_points(result["price"], result["reference_price"])
    for one in known:
        gain = loss(house, outcome) - loss(quantiles(one["prediction"], result), outcome)
        milli = round(1e3 * (100 * gain / (sigma / 2)))  # halves to even
        equal(milli, one["points_milli"], f"milli-points of seq {one['seq']}")
    return f"{len(known)} recomputed from the scoring rule"


def check_scores(doc: Json, _: Any) -> str:
    words = [number(one["points_milli"]) for one in members(doc)]
    root = root_from(doc, words, doc["result"].get("proof", []))
    equal(root, raw(doc["result"]["score_root"]), "score root")
    return f"{len(words)} published scores lead to the score root"


def check_void(doc: Json, _: Any) -> str:
    equal(tree_root([]), raw(doc["result"]["score_root"]), "score root")
    equal(Decimal(0), decimal(doc["result"]["price"]), "price")
    equal([None] * len(members(doc)), [one["points_milli"] for one in members(doc)], "points")
    return "the round is void: it has no price and scores nobody"


def check_settlement(doc: Json, _: Any) -> str:
    result, ident = doc["result"], raw(doc["round"]["round_key"])
    if result["version"] != 1:
        ident = keccak(ident, number(result["version"]))
    tail = keccak(raw(result["score_root"]), raw(result["evidence"]))
    when, outcome = number(seconds(result["settled_at"])), number(OUTCOMES[result["status"]])
    root = keccak(fixed(result["price"]), when, outcome, tail)
    return anchored(doc, result["anchor"], ("settlement", ident, root))


# -- the ledger: every entry, and the anchors among them ----------------------------------------
def check_ledger(doc: Json, ledger: Any) -> str:
    if ledger is None:
        return "not given: anchors were only checked for internal consistency"
    head, earlier, keys, entries = bytes(32), 0, set(), ledger["entries"]
    for seq, entry in enumerate(entries):
        equal(seq, entry["seq"], "sequence of the ledger")
        equal(head, raw(entry["previous"]), f"link before entry {seq}")
        head, key = head_of(entry), (entry["kind"], entry["id"])
        equal(head, raw(entry["head"]), f"head of entry {seq}")
        if seconds(entry["time"]) < earlier or key in keys:
            raise Refused(f"entry {seq} goes back in time or repeats a key")
        earlier = seconds(entry["time"])
        keys.add(key)
    for anchor in (doc["anchor"], (doc["result"] or {}).get("anchor")):
        if anchor is not None and anchor not in entries:
            raise Refused(f"entry {anchor['seq']} of the document is not in the ledger")
    known = ledger.get("known_head")
    if known is not None and known not in {entry["head"] for entry in entries}:
        raise Refused(f"the head you know, {known}, is not in the ledger")
    return f"{len(entries)} entries, unbroken, up to head 0x{head.hex()}"


# -- the contract: what an EVM node says that it holds ------------------------------------------
# Of the published LeagueAnchor: the same wherever it is deployed.
CODE_HASH = "0x35fe2a102111df4a0066dfc118596fcbb82cee2aff6c48727f20d956c4fb0f4f"
ANSWER_BYTES = 1_000_000


class Stay(HTTPRedirectHandler):
    """A node that sends us elsewhere is not the node you trust."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Node(NamedTuple):
    """A node to ask, and which chain and contract the reader knows to be the league's."""

    url: str
    chain_id: int
    contract: str

    def ask(self, method: str, *params: Any) -> bytes:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"Content-Type": "application/json"}
        request = Request(self.url, json.dumps(call).encode(), headers)  # noqa: S310
        try:
            with build_opener(ProxyHandler({}), Stay).open(request, timeout=20) as answer:
                told = json.loads(answer.read(ANSWER_BYTES))["result"]
            return bytes.fromhex(told[2:].rjust(len(told) % 2 + len(told) - 2, "0"))
        except (OSError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise Undecided(f"the node did not answer {method}: {error}") from error

    def view(self, function: str, key: bytes) -> list[bytes]:
        """The 32-byte words that a view of the contract returns."""
        data = keccak(function.encode())[:4] + key
        call = {"to": self.contract, "data": f"0x{data.hex()}"}
        told = self.ask("eth_call", call, "latest")
        return [told[at : at + 32] for at in range(0, len(told), 32)]


def check_chain(doc: Json, node: Any) -> str:
    if not isinstance(node, Node):
        raise Undecided("the anchors were not looked up: give --rpc, --chain-id and --contract")
    stated = doc["network"]
    equal((node.chain_id, node.contract), (stated["chain_id"], stated["contract"]), "chain")
    equal(node.chain_id, int.from_bytes(node.ask("eth_chainId")), "chain of the node")
    code = keccak(node.ask("eth_getCode", node.contract, "latest"))
    equal(raw(CODE_HASH), code, "code of the contract")
    committed, ended = doc["anchor"], (doc["result"] or {}).get("anchor")
    found = held_commitment(node, doc, committed) if committed is not None else 0
    if committed is not None and ended is not None and held_settlement(node, ended) < found:
        raise Refused("the settlement was anchored before the commitment")
    return "the contract holds the anchors, under the keys and at the times stated"


def held_commitment(node: Node, doc: Json, anchor: Json) -> int:
    """When the contract took it, in Unix seconds."""
    root, *rest = node.view("commits(bytes32)", raw(anchor["id"]))
    numbers = [int.from_bytes(word) for word in rest]
    times = [seconds(doc["round"][key]) for key in ("locks_at", "settles_at")]
    equal(root, raw(anchor["root"]), "root on chain")
    equal(numbers, [anchor["count"], *times, seconds(anchor["time"])], "count and times on chain")
    return numbers[-1]


def held_settlement(node: Node, anchor: Json) -> int:
    """The same of a settlement."""
    tail, price, settled, status, at = node.view("settlements(bytes32)", raw(anchor["id"]))
    equal(keccak(price, settled, status, tail), raw(anchor["root"]), "settlement on chain")
    equal(int.from_bytes(at), seconds(anchor["time"]), "time of the settlement on chain")
    return int.from_bytes(at)


# -- running it ---------------------------------------------------------------------------------
Check = Callable[[Json, Any], str]
PLEDGED: tuple[Check, ...] = (
    check_signature,
    check_acknowledgement,
    check_round,
    check_prediction,
    check_inclusion,
    check_anchor,
)
SETTLED = (check_evidence, check_prices, check_points, check_scores, check_settlement)
VOIDED = (check_evidence, check_void, check_settlement)
MALFORMED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def run(check: Check, doc: Json, ledger: Any) -> Step:
    label = check.__name__.removeprefix("check_")
    try:
        detail = check(doc, ledger)
    except Refused as refusal:
        return Step(label, "FAILED", str(refusal))
    except Undecided as doubt:
        return Step(label, "unknown", str(doubt))
    except Absent as absence:
        return Step(label, "note", f"none: {absence}")
    except MALFORMED as error:
        return Step(label, "FAILED", f"malformed: {type(error).__name__}: {error}")
    is_note = label == "ledger" and ledger is None
    return Step(label, "note" if is_note else "ok", detail)


def check(doc: Any, ledger: Any = None) -> list[Step]:
    """Every step on a parsed receipt or round; `ledger` is an export, a Node or None."""
    form = run(check_form, doc, None)
    if form.status != "ok":
        return [form]
    if doc.get("result") is None:
        pending, checks = [Step("result", "note", "the round is not settled yet")], PLEDGED
    else:
        is_void = isinstance(doc["result"], dict) and doc["result"].get("status") == "void"
        pending, checks = [], PLEDGED + (VOIDED if is_void else SETTLED)
    witness: Check = check_ledger if doc["network"]["name"] == "local" else check_chain
    return [form, *(run(each, doc, ledger) for each in (*checks, witness)), *pending]


def check_promises(doc: Any, answer: Any, operator: str | None) -> list[Step]:
    """What the reader brings along: a saved answer, and the operator's address."""
    found = [] if answer is None else [run(check_answer, doc, answer)]
    told = doc if answer is None else answer
    return found if operator is None else [*found, run(check_operator, told, operator)]


def verdict(steps: Iterable[Step]) -> int:
    """0 verified, 1 failed, 2 undecided: the exit status."""
    found = {step.status for step in steps}
    return REFUSED if "FAILED" in found else UNDECIDED if "unknown" in found else VERIFIED


def unique_keys(pairs: list[tuple[str, Any]]) -> Json:
    """Two readers must not see two documents in one file. :raises ValueError: for a twin key."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key appears twice in one object")
    return dict(pairs)


def load(path: str) -> Any:
    return json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=unique_keys)


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="chain.verify", description="Check a receipt or round.")
    parser.add_argument("document", help="receipt.json or round.json")
    parser.add_argument("--ledger", help="the exported ledger, to find the anchors in")
    parser.add_argument("--head", help="with --ledger: a head you know, which it must contain")
    parser.add_argument("--rpc", help="a node of the chain, to ask the contract")
    parser.add_argument("--chain-id", type=int, help="with --rpc: the league's chain")
    parser.add_argument("--contract", type=str.lower, help="with --rpc: the league's contract")
    parser.add_argument("--answer", help="what a prediction was answered: is it in this round?")
    parser.add_argument("--operator", type=str.lower, help="the operator who must have signed")
    options = parser.parse_args(arguments)
    pinned = options.rpc, options.chain_id, options.contract
    if any(pinned) and not all(pinned):
        parser.error("--rpc, --chain-id and --contract go together")
    try:
        document = load(options.document)
        ledger = load(options.ledger) | {"known_head": options.head} if options.ledger else None
        ledger = Node(*pinned) if options.rpc else ledger
        answer = load(options.answer) if options.answer else None
    except (OSError, RecursionError, TypeError, ValueError) as error:
        print(f"COULD NOT ASK: {error}")
        return UNDECIDED
    steps = check(document, ledger) + check_promises(document, answer, options.operator)
    for step in steps:
        print(f"{step.status:8}{step.name:16}{step.detail}")
    print(("VERIFIED", "FAILED", "COULD NOT ASK")[verdict(steps)])
    return verdict(steps)


if __name__ == "__main__":
    sys.exit(main())
