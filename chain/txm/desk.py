"""Everything a sweep over transactions needs at hand, and what it asks a node."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from chain.fees import GWEI, Fee, offered
from chain.models import Sender, Transaction
from chain.networks import Network
from chain.rpc import Node, NodeRefused
from chain.signers import Signer

Receipt = Mapping[str, Any]  # as JSON-RPC gives it
UNSENT_FOR: Final = timedelta(seconds=15)  # then the same bytes are given to the nodes again
STUCK_FOR: Final = timedelta(seconds=60)  # then it offers more
TIP_UNTOLD: Final = GWEI
TIP_FLOOR: Final = 1  # wei: a bump of nothing would stay nothing


class Effects(Protocol):
    """What transactions are for; the manager itself knows only bytes."""

    def is_done(self, of: Transaction) -> bool:
        """Whether what it is for stands on chain already, at least in part."""
        ...

    def is_shown(self, of: Transaction, receipt: Receipt) -> bool:
        """Whether the receipt's events are the effect that was wanted."""
        ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Fees and balance in wei; gas of everything signed within 24 hours, 0 for no budget."""

    fee_ceiling: int
    least_balance: int
    daily_gas: int
    confirmations: int
    in_flight: int = 16


@dataclass(frozen=True)
class Desk:
    """One signer writing to one network through one node."""

    network: Network
    node: Node
    signer: Signer
    effects: Effects
    limits: Limits

    def sender(self) -> Sender:
        """The account's row, made from the chain's word on its first use."""
        where = {"chain_id": self.network.chain_id, "address": self.signer.address}
        found = Sender.objects.filter(**where).first()
        if found is None:
            nonce = self.nonce("latest")
            found, _ = Sender.objects.get_or_create(**where, defaults={"next_nonce": nonce})
        return found

    def nonce(self, block: str) -> int:
        """How many transactions of the account are part of the chain up to a block."""
        return int(self.node.ask("eth_getTransactionCount", self.signer.address, block), 16)

    def head(self) -> int:
        return int(self.node.ask("eth_blockNumber"), 16)

    def settled_block(self, head: int) -> str:
        """The newest block that is as deep as CHAIN_CONFIRMATIONS asks."""
        return hex(max(head - self.limits.confirmations + 1, 0))

    def balance(self) -> int:
        return int(self.node.ask("eth_getBalance", self.signer.address, "latest"), 16)

    def receipt(self, hash_: str) -> Receipt | None:
        found: Receipt | None = self.node.ask("eth_getTransactionReceipt", hash_)
        return found

    def block(self, number: int) -> tuple[str, datetime] | None:
        """Hash and time of the block that is now at this height."""
        found = self.node.ask("eth_getBlockByNumber", hex(number), False)
        if found is None:
            return None
        return found["hash"], datetime.fromtimestamp(int(found["timestamp"], 16), tz=UTC)

    def fee(self) -> Fee | None:
        """What to offer now; None while the chain is dearer than the ceiling."""
        latest = self.node.ask("eth_getBlockByNumber", "latest", False)
        base = int(latest.get("baseFeePerGas", "0x0"), 16)
        try:
            tip = int(self.node.ask("eth_maxPriorityFeePerGas"), 16)
        except NodeRefused:  # not every chain knows the question
            tip = TIP_UNTOLD
        return offered(base_fee=base, tip=max(tip, TIP_FLOOR), ceiling=self.limits.fee_ceiling)
