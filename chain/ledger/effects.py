"""What the league's transactions are for: digests under keys of the contract."""

from dataclasses import dataclass

from chain import contract
from chain.models import Inscription, Transaction
from chain.rpc import Node, NodeRefused
from chain.txm.desk import Desk, Receipt


@dataclass(frozen=True)
class Inscriptions:
    """chain.txm.desk.Effects over the rows a transaction carries."""

    node: Node
    address: str

    def is_done(self, of: Transaction) -> bool:
        """The contract refuses a call that would write what stands already."""
        call = {"from": self.address, "to": of.to, "data": "0x" + bytes(of.data).hex()}
        try:
            self.node.ask("eth_call", call, "latest")
        except NodeRefused as refusal:
            return contract.failure(refusal.data) == "Exists"
        return False

    def is_shown(self, of: Transaction, receipt: Receipt) -> bool:
        rows = list(Inscription.objects.filter(transaction=of))
        shown = {
            kind: contract.shown(kind, receipt["logs"], contract=of.to)
            for kind in {row.kind for row in rows}
        }
        return all(
            shown[row.kind].get(bytes.fromhex(row.subject)) == bytes.fromhex(row.digest)
            for row in rows
        )


def held(desk: Desk, row: Inscription, *, block: str) -> contract.Held | None:
    """What the contract holds under the row's key as of a block."""
    question = contract.question(row.kind, bytes.fromhex(row.subject))
    call = {"to": desk.network.contract, "data": "0x" + question.hex()}
    answer: str = desk.node.ask("eth_call", call, block)
    return contract.answer(row.kind, bytes.fromhex(answer[2:]))
