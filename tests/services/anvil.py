"""A chain of one's own on a free loopback port: anvil, as npm installs it."""

import contextlib
import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chain import deployment, rpc
from chain.networks import Network, evm
from chain.signers import LocalKey
from config.supervisor import Role
from tests.services import servers

REPOSITORY = Path(__file__).parents[2]
BINARY = Path(os.environ.get("ANVIL", REPOSITORY / "node_modules" / ".bin" / "anvil"))
CHAIN_ID = 31337
# The accounts that anvil makes from its well-known test phrase, and gives 10,000 ether each.
KEYS = (
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
)
needed = pytest.mark.skipif(not BINARY.exists(), reason=f"no anvil at {BINARY}: npm ci")


@dataclass(frozen=True)
class Anvil:
    url: str
    chain_id: int = CHAIN_ID

    @functools.cached_property
    def node(self) -> rpc.Node:
        return rpc.Node([self.url], chain_id=self.chain_id)

    def ask(self, method: str, *params: Any) -> Any:
        return self.node.ask(method, *params)

    def mine(self, blocks: int = 1) -> None:
        self.ask("anvil_mine", hex(blocks))

    def deploy(self, *, key: str = KEYS[0]) -> Network:
        """A contract written to, and owned, by the account of `key`."""
        signer = LocalKey(bytes.fromhex(key))
        made = deployment.deploy(
            node=self.node, signer=signer, operator=signer.address, ceiling_gwei=1000
        )
        return evm(chain_id=self.chain_id, contract=made.contract)


@contextlib.contextmanager
def anvil(folder: Path, *arguments: str, chain_id: int = CHAIN_ID) -> Iterator[Anvil]:
    """Mines every transaction at once unless the arguments say otherwise."""
    port = servers.free_port()
    command = (
        str(BINARY), "--host", servers.HOST, "--port", str(port), "--chain-id", str(chain_id),
        "--quiet", *arguments,
    )  # fmt: skip
    made = Anvil(f"http://{servers.HOST}:{port}", chain_id)
    role = Role(name="anvil", command=command, grace_s=5)
    with servers.supervised(role, folder=folder, is_up=lambda: _is_up(made)):
        yield made


def _is_up(made: Anvil) -> bool:
    with contextlib.suppress(rpc.NodeUnavailable):
        return bool(rpc.Node([made.url], chain_id=made.chain_id).ask("eth_chainId"))
    return False
