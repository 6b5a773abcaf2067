"""What many digests share is laid out once, and every one of them stays what it was."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain import schema, series, words

BYTES32 = st.binary(min_size=32, max_size=32)
LEVELS = st.tuples(*[st.decimals(-(10**12), 10**12, places=8)] * 3)
SECONDS = st.integers(min_value=0, max_value=4_000_000_000)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(
    keys=st.tuples(BYTES32, BYTES32, BYTES32, BYTES32),
    player=st.text(max_size=30),
    levels=LEVELS,
    basis=st.sampled_from(sorted(schema.BASIS_CODES.values())),
    revision=st.integers(min_value=1, max_value=2**31),
)
def test_a_digest_is_the_schemas(
    keys: tuple[bytes, ...], player: str, levels: tuple[Decimal, ...], basis: int, revision: int
) -> None:
    round_key, league, payload_hash, salt = keys
    low, middle, high = levels
    entry = schema.Entry(
        round_key=round_key, league=league, player=player, p10=low, p50=middle, p90=high,
        basis=basis, revision=revision, payload_hash=payload_hash, salt=salt,
    )  # fmt: skip
    ours = series.Series(
        league=league, player=player, revision=revision, payload_hash=payload_hash
    )
    found = ours.digest(round_key=round_key, levels=levels, basis=basis, salt=salt)
    assert found == schema.prediction_digest(entry)


@given(instants=st.tuples(SECONDS, SECONDS, SECONDS), rules=BYTES32, asset=st.text(max_size=12))
def test_a_rounds_key_is_the_schemas(
    instants: tuple[int, int, int], rules: bytes, asset: str
) -> None:
    opens, locks, settles = (EPOCH + timedelta(seconds=each) for each in instants)
    expected = schema.round_key(
        league="daily", asset=asset, opens_at=opens, locks_at=locks, settles_at=settles,
        rules_hash=rules,
    )  # fmt: skip
    found = series.round_key("daily", asset, instants_s=instants, rules_hash=rules.hex())
    assert found == expected


def test_what_has_no_word_is_refused() -> None:
    ours = series.Series(league=bytes(32), player="ada", revision=1, payload_hash=bytes(32))
    fine = {"round_key": bytes(32), "basis": 0, "salt": bytes(32)}
    with pytest.raises(words.NotRepresentable):
        ours.digest(levels=[Decimal("1e-9")] * 3, **fine)  # type: ignore[arg-type]
    with pytest.raises(words.NotRepresentable):
        ours.digest(levels=[Decimal(1)] * 3, **fine | {"salt": b"short"})  # type: ignore[arg-type]
    with pytest.raises(words.NotRepresentable):
        series.Series(league=b"", player="ada", revision=1, payload_hash=bytes(32))
