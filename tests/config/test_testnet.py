"""The chain of `make run CHAIN=anvil`: its contract is deployed once and found again."""

from functools import partial
from pathlib import Path

import pytest

from chain import contract, rpc
from chain.hashing import keccak256
from config import testnet
from tests.services import servers
from tests.services.anvil import REPOSITORY, needed


@needed
def test_the_contract_outlives_the_chains_process(tmp_path: Path) -> None:
    found = set()
    for _ in range(2):
        url = f"http://{servers.HOST}:{servers.free_port()}"
        role = testnet.role(base_dir=REPOSITORY, folder=tmp_path, url=url)
        with servers.supervised(role, folder=tmp_path, is_up=partial(testnet.is_up, url)):
            made = testnet.environment(url, folder=tmp_path)
            node = rpc.Node([url], chain_id=testnet.CHAIN_ID)
            code = bytes.fromhex(node.ask("eth_getCode", made["CHAIN_CONTRACT"], "latest")[2:])
            assert f"0x{keccak256(code).hex()}" == contract.code_hash()
            assert testnet.KEY not in "".join(made.values())
            found.add(made["CHAIN_CONTRACT"])
    assert len(found) == 1


def test_a_machine_without_anvil_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ANVIL", raising=False)
    with pytest.raises(testnet.NoAnvil, match="npm ci"):
        testnet.role(base_dir=tmp_path, folder=tmp_path, url="http://127.0.0.1:1")
