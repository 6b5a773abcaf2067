"""A chain of this machine's own: anvil, with the league's contract on it."""

import contextlib
import os
import shutil
import socket
from pathlib import Path
from typing import Final

from chain import deployment, rpc
from chain.contract import code_hash
from chain.hashing import keccak256
from chain.signers import LocalKey
from config.supervisor import Role

CHAIN_ID: Final = 31337
# The first account of the phrase every such chain begins with: worth nothing anywhere.
KEY: Final = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
CONFIRMATIONS: Final = 3
BLOCK_S: Final = 2
CEILING_GWEI: Final = 1000


class NoAnvil(Exception):
    """The machine has no anvil."""


def role(*, base_dir: Path, folder: Path, url: str) -> Role:
    """A block every two seconds, kept in `folder` over restarts. :raises NoAnvil:"""
    own = base_dir / "node_modules" / ".bin" / "anvil"
    binary = os.environ.get("ANVIL") or (str(own) if own.exists() else shutil.which("anvil"))
    if binary is None:
        raise NoAnvil("CHAIN=anvil needs anvil: run `npm ci` here, or install Foundry.")
    folder.mkdir(parents=True, exist_ok=True)
    host, _, port = url.removeprefix("http://").partition(":")
    command = (
        binary, "--host", host, "--port", port, "--chain-id", str(CHAIN_ID), "--quiet",
        "--block-time", str(BLOCK_S), "--state", str(folder / "state.json"),
        "--state-interval", "10",
    )  # fmt: skip
    return Role(name="anvil", command=command, grace_s=10)


def is_up(url: str) -> bool:
    """Whether anything listens there."""
    host, _, port = url.removeprefix("http://").partition(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return True
    return False


def environment(url: str, *, folder: Path) -> dict[str, str]:
    """The settings of a league on this chain, its contract deployed if it is not there yet.

    The key is not among them: only the worker gets it.
    """
    return {
        "CHAIN_RPC_URLS": url,
        "CHAIN_ID": str(CHAIN_ID),
        "CHAIN_CONTRACT": _contract(url, known=folder / "contract"),
        "CHAIN_CONFIRMATIONS": str(CONFIRMATIONS),
    }


def _contract(url: str, *, known: Path) -> str:
    node = rpc.Node([url], chain_id=CHAIN_ID)
    if known.exists():
        address = known.read_text(encoding="ascii").strip()
        code = bytes.fromhex(node.ask("eth_getCode", address, "latest")[2:])
        if f"0x{keccak256(code).hex()}" == code_hash():
            return address
    signer = LocalKey(bytes.fromhex(KEY))
    made = deployment.deploy(
        node=node, signer=signer, operator=signer.address, ceiling_gwei=CEILING_GWEI
    )
    known.write_text(made.contract + "\n", encoding="ascii")
    return made.contract
