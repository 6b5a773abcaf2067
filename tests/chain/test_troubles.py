import pytest

from chain.txm.troubles import Trouble, trouble


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("already known", Trouble.KNOWN),  # geth
        ("transaction already imported", Trouble.KNOWN),  # anvil
        ("Known transaction: 0xab", Trouble.KNOWN),  # hardhat
        ("AlreadyKnown", Trouble.KNOWN),  # nethermind
        ("unknown transaction", Trouble.UNKNOWN),  # holds the sign of the opposite
        ("nonce too low: next nonce 7, tx nonce 3", Trouble.NONCE_TOO_LOW),
        ("Nonce too low. Expected nonce to be 7 but got 3.", Trouble.NONCE_TOO_LOW),
        ("nonce too high", Trouble.NONCE_TOO_HIGH),
        ("replacement transaction underpriced", Trouble.UNDERPRICED),
        ("max fee per gas less than block base fee: address 0x1", Trouble.UNDERPRICED),
        ("insufficient funds for gas * price + value", Trouble.POOR),
        ("sender doesn't have enough funds to send tx", Trouble.POOR),
        ("execution reverted: custom error 0x", Trouble.REVERTED),
        ("VM Exception while processing transaction", Trouble.REVERTED),
        ("header not found", Trouble.UNKNOWN),
        ("", Trouble.UNKNOWN),
    ],
)
def test_an_error_text_tells_a_kind_of_trouble(message: str, kind: Trouble) -> None:
    assert trouble(message) is kind
