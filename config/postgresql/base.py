"""A connection whose server has stopped answering is given up, by the client's own clock.

statement_timeout counts on the server, and TCP only notices a peer whose kernel is gone. A server
that is stopped, or a proxy that is stuck, acknowledges every byte and answers none: without a
limit here every thread that asks it would be lost.
"""

import math
import time
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

# A little more than statement_timeout, which a server that lives applies by itself.
PATIENCE_S = 12.0
# Whether an idle connection is still one. Without an answer the request makes another.
USABLE_WITHIN_S = 1.0


class PatientConnection(psycopg.Connection[Any]):
    """`patience_s` may be infinite, for who has lifted statement_timeout.

    `longer_s` is for who has raised it in a transaction, and lasts as long as that.
    """

    patience_s = PATIENCE_S
    longer_s = 0.0

    def wait(self, *arguments: Any, **options: Any) -> Any:
        """:raises psycopg.OperationalError: when it took too long; the connection is closed."""
        began_s, patience_s = time.monotonic(), max(self.patience_s, self.longer_s)
        if options.get("timeout") is None and patience_s < math.inf:
            options["timeout"] = patience_s
        try:
            return super().wait(*arguments, **options)
        except psycopg.OperationalError:
            if time.monotonic() - began_s >= patience_s:
                self.close()  # the answer may still come, to whatever would be asked next
            raise
        finally:
            if self.pgconn.transaction_status == TransactionStatus.IDLE:
                self.longer_s = 0.0


DRIVER: Any = SimpleNamespace(**vars(psycopg) | {"connect": PatientConnection.connect})


class DatabaseWrapper(base.DatabaseWrapper):
    Database = DRIVER

    def close_if_unusable_or_obsolete(self) -> None:
        """Except within a transaction, which is for whoever began it to end."""
        if not self.in_atomic_block:
            super().close_if_unusable_or_obsolete()

    def is_usable(self) -> bool:
        connection = self.connection
        if connection is None:
            return False
        connection.patience_s = USABLE_WITHIN_S
        try:
            return super().is_usable()
        finally:
            connection.patience_s = PATIENCE_S
