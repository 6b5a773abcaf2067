from hypothesis import given
from hypothesis import strategies as st

from chain.fees import GWEI, Fee, bumped, offered

WEI = st.integers(0, 10**13)


def test_an_offer_has_room_for_the_base_fee_to_double() -> None:
    assert offered(base_fee=20 * GWEI, tip=GWEI, ceiling=100 * GWEI) == Fee(41 * GWEI, GWEI)
    assert offered(base_fee=60 * GWEI, tip=GWEI, ceiling=100 * GWEI) == Fee(100 * GWEI, GWEI)
    assert offered(base_fee=100 * GWEI, tip=GWEI, ceiling=100 * GWEI) is None


@given(WEI, WEI, st.none() | st.builds(Fee, WEI, WEI))
def test_a_bump_is_one_that_nodes_take_for_a_replacement(
    max_fee: int, tip: int, wanted: Fee | None
) -> None:
    standing = Fee(max(max_fee, tip), tip)
    found = bumped(standing, wanted=wanted, ceiling=10**20)
    assert found is not None
    assert found.max_fee * 8 >= standing.max_fee * 9
    assert found.tip * 8 >= standing.tip * 9
    assert found.max_fee >= found.tip > 0
    if wanted is not None:
        assert found.max_fee >= wanted.max_fee


def test_a_bump_ends_at_the_ceiling() -> None:
    assert bumped(Fee(90, 1), wanted=None, ceiling=100) is None
