"""What the league answers, as it is: decimals and instants are strings, answers may gain fields.

tests/client/test_shapes.py holds every one of these to docs/openapi.yaml.
"""

from typing import TypedDict


class Round(TypedDict):
    id: str
    season: str
    asset: str
    horizon: str
    opens_at: str
    locks_at: str
    settles_at: str
    status: str
    version: int
    is_simulated: bool
    reference_price: str | None
    sigma_bp: float | None
    is_sigma_borrowed: bool
    settlement_price: str | None
    outcome_bp: float | None
    hold_reason: str
    finalized_at: str | None


class House(TypedDict):
    """The forecast that scores 0 points: beat it."""

    price: str
    sigma_bp: float
    width: float
    p10: str
    p50: str
    p90: str
    as_of: str
    is_sigma_borrowed: bool


class RoundDetail(Round):
    house: House | None
    is_house_frozen: bool


class Prediction(TypedDict):
    """`points` is None until the round is final."""

    id: str
    round: str
    player: str
    kind: str
    revision: int
    form: str
    basis: str
    p10: str
    p50: str
    p90: str
    accepted_at: str
    is_withdrawn: bool
    reasoning: str
    is_simulated_reasoning: bool
    as_of: str | None
    points: str | None


class Quantiles(TypedDict):
    """Prices at the present price: indicative until the lock."""

    p10: str
    p50: str
    p90: str


class Acknowledgement(TypedDict):
    """The operator's signature that it took this entry: keep it."""

    operator: str
    digest: str
    accepted_at: str
    signature: str


class BulkAcknowledgement(TypedDict):
    operator: str
    digests: list[str]
    accepted_at: str
    signature: str


class AcceptedItem(TypedDict):
    prediction: Prediction
    quantiles: Quantiles


class Accepted(AcceptedItem):
    acknowledgement: Acknowledgement


class AcceptedBulk(TypedDict):
    """In the order of the request."""

    items: list[AcceptedItem]
    acknowledgement: BulkAcknowledgement


class Player(TypedDict):
    handle: str
    name: str
    kind: str
    is_primary: bool
    is_demo: bool
    registered_at: str


class Me(Player):
    wallet_address: str | None
    wallet_proved_at: str | None
    is_active: bool


class Registered(TypedDict):
    """`api_key` is shown once."""

    address: str | None
    wallet_proved_at: str | None
    handle: str
    name: str
    kind: str
    registered_at: str
    api_key: str


class Standing(TypedDict):
    rank: int | None
    player: str
    name: str
    kind: str
    rounds: int
    locks: int
    mean_points: str
    rating: str
    low: str | None
    high: str | None
    coverage: float
    provisional: bool


class Key(TypedDict):
    prefix: str
    player: str
    label: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


class IssuedKey(Key):
    """`secret` is shown once."""

    secret: str


class Webhook(TypedDict):
    id: str
    url: str
    description: str
    events: list[str]
    is_active: bool
    stopped: str
    failing_since: str | None
    old_secret_until: str | None
    created_at: str


class IssuedWebhook(Webhook):
    """`secret` is shown once."""

    secret: str


class LedgerInfo(TypedDict):
    network: str
    simulated: bool
    chain_id: int
    contract: str
    entries: int
    head: str | None
    code_hash: str | None
    acknowledgement_operator: str
