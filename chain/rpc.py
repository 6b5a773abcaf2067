"""JSON-RPC to an EVM node: several endpoints of one chain, whichever answers.

web3's own provider repeats eth_sendRawTransaction by itself and never repeats a refused
connection: here nothing is repeated behind the caller's back, and another endpoint is asked.
"""

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import requests

logger = logging.getLogger(__name__)
TIMEOUT_S: Final = (2.0, 5.0)  # connect, each read
# What reading a broken or hostile node's answer may raise; a nesting bomb a RecursionError.
FAULTS: Final = (
    requests.RequestException, ValueError, LookupError, TypeError, AttributeError, RecursionError,
)  # fmt: skip
BODY_BYTES: Final = 4_000_000
CHUNK: Final = 65_536
FAILURES: Final = 3
PAUSE_S: Final = 60.0


class NodeUnavailable(Exception):
    """No endpoint gave an answer: nothing is known, try again later."""


class NodeRefused(Exception):
    """A node of the right chain answered with an error; `data` may say why a call reverts."""

    def __init__(self, message: str, data: str = "") -> None:
        super().__init__(message)
        self.data = data


class _Silent(Exception):
    """No usable answer came from one endpoint."""


@dataclass
class Endpoint:
    """One address, and how it behaved."""

    url: str = field(repr=False)  # it may hold an access key
    failures: int = 0
    paused_until_s: float = 0.0
    is_verified: bool = False
    is_foreign: bool = False

    def is_usable(self, *, now_s: float) -> bool:
        return not self.is_foreign and self.paused_until_s <= now_s


class Node:
    """The chain `chain_id`, through the first of its endpoints that answers."""

    def __init__(self, urls: Sequence[str], *, chain_id: int) -> None:
        self.chain_id = chain_id
        self.endpoints = [Endpoint(url) for url in urls]
        self._session = requests.Session()
        self._session.trust_env = False

    def ask(self, method: str, *params: Any) -> Any:
        """The result of one call.

        :raises NodeRefused: a node's answer was an error.
        :raises NodeUnavailable: no endpoint answered.
        """
        for endpoint in self._usable():
            try:
                return self._ask(endpoint, method, params)
            except _Silent as silence:
                extra = {"method": method, "reason": str(silence)}
                logger.warning("chain.endpoint_silent", extra=extra)
        raise NodeUnavailable(f"No endpoint answered {method}.")

    def tell(self, raw: bytes) -> list[str]:
        """Give a signed transaction to every endpoint: each one's error, empty for none.

        :raises NodeUnavailable: no endpoint answered.
        """
        answers = []
        for endpoint in self._usable():
            try:
                self._ask(endpoint, "eth_sendRawTransaction", ["0x" + raw.hex()])
                answers.append("")
            except NodeRefused as refusal:
                answers.append(str(refusal))
            except _Silent as silence:
                logger.warning("chain.endpoint_silent", extra={"reason": str(silence)})
        if not answers:
            raise NodeUnavailable("No endpoint took the transaction.")
        return answers

    def _usable(self) -> list[Endpoint]:
        """Those of the right chain that are not resting; all resting ones when there is no other.

        :raises NodeUnavailable: when every endpoint is of another chain.
        """
        ours = [endpoint for endpoint in self.endpoints if not endpoint.is_foreign]
        usable = [one for one in ours if one.is_usable(now_s=time.monotonic())]
        if not ours:
            raise NodeUnavailable("Every endpoint is of another chain.")
        return usable or ours

    def _ask(self, endpoint: Endpoint, method: str, params: Sequence[Any]) -> Any:
        try:
            if not endpoint.is_verified:
                self._verify(endpoint)
            result = self._post(endpoint, method, params)
        except FAULTS as error:
            _count_failure(endpoint)
            raise _Silent(type(error).__name__) from error
        endpoint.failures = 0
        return result

    def _verify(self, endpoint: Endpoint) -> None:
        """:raises _Silent: and never asks it again, when it is of another chain."""
        found = int(self._post(endpoint, "eth_chainId", []), 16)
        if found != self.chain_id:
            endpoint.is_foreign = True
            logger.error("chain.endpoint_of_another_chain", extra={"chain_id": found})
            raise _Silent(f"it is of chain {found}")
        endpoint.is_verified = True

    def _post(self, endpoint: Endpoint, method: str, params: Sequence[Any]) -> Any:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        with self._session.post(
            endpoint.url, json=call, timeout=TIMEOUT_S, allow_redirects=False, stream=True
        ) as response:
            answer = json.loads(_body(response))
        if not isinstance(answer, dict) or answer.get("jsonrpc") != "2.0":
            raise ValueError(f"status {response.status_code}, no JSON-RPC")
        error = answer.get("error")
        if error is None:
            return answer["result"]
        if response.status_code >= requests.codes.internal_server_error or _is_limit(error):
            raise ValueError("overloaded")
        raise NodeRefused(str(error.get("message", ""))[:500], _revert_data(error.get("data")))


def _body(response: requests.Response) -> bytes:
    """:raises ValueError: when it is too long."""
    body = b""
    for chunk in response.iter_content(CHUNK):
        body += chunk
        if len(body) > BODY_BYTES:
            raise ValueError("the answer is too long")
    return body


def _is_limit(error: dict[str, Any]) -> bool:
    """Providers tell of their own limits in the body, too (-32005, 429)."""
    return error.get("code") in {-32005, 429}


def _revert_data(data: Any) -> str:
    """Geth and anvil put the revert's data there as text; hardhat one level deeper."""
    if isinstance(data, dict):
        data = data.get("data")
    return data if isinstance(data, str) and data.startswith("0x") else ""


def _count_failure(endpoint: Endpoint) -> None:
    endpoint.failures += 1
    if endpoint.failures >= FAILURES:
        endpoint.failures = 0
        endpoint.paused_until_s = time.monotonic() + PAUSE_S
