"""py-evm allows itself twelve times the usual depth of recursion as soon as it is imported.

Every test after it in the same process would be allowed as much, and JSON nested without end would
overflow the stack instead of being refused.
"""

import sys

_LIMIT = sys.getrecursionlimit()

from eth_tester import EthereumTester, PyEVMBackend  # noqa: E402 -- after the limit was read
from eth_tester.exceptions import TransactionFailed  # noqa: E402

sys.setrecursionlimit(_LIMIT)

__all__ = ["EthereumTester", "PyEVMBackend", "TransactionFailed"]
