"""The league as a bot sees it: one method per thing to be done."""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from league_client import proofs, verify
from league_client.entries import Entry, Item
from league_client.proofs import Checked
from league_client.shapes import (
    Accepted,
    AcceptedBulk,
    IssuedKey,
    IssuedWebhook,
    Key,
    LedgerInfo,
    Me,
    Prediction,
    Quantiles,
    Registered,
    Round,
    RoundDetail,
    Standing,
    Webhook,
)
from league_client.transport import Call, Transport

DRY: Final = {"dry_run": "true"}
BULK: Final = "/predictions/bulk"
Query = str | int | None


class League:
    """`url` is the league's address, or that of any other place that speaks its API.

    Every method may raise `Rejected` or `Retryable`; calls wait and repeat for `patience_s` first.
    """

    def __init__(
        self, url: str, key: str = "", *, patience_s: float = 60.0, timeout_s: float = 10.0
    ) -> None:
        self.transport = Transport(url, key, patience_s=patience_s, timeout_s=timeout_s)

    # -- who you are ----------------------------------------------------------------------------
    def register(
        self,
        handle: str,
        *,
        kind: str = "bot",
        address: str | None = None,
        scopes: Sequence[str] = ("read", "predict"),
    ) -> Registered:
        """Signs up, where the operator lets anybody. The answer's `api_key` is shown once."""
        body = {"handle": handle, "kind": kind, "scopes": list(scopes)}
        body |= {} if address is None else {"address": address}
        made: Registered = self._write("POST", "/users/register", body)
        return made

    def me(self) -> Me:
        found: Me = self._read("/players/me")
        return found

    def api_keys(self) -> Iterator[Key]:
        return self._pages("/keys")

    def issue_key(self, *, label: str = "", scopes: Sequence[str]) -> IssuedKey:
        """Another key of yours, no stronger than the one you ask with."""
        body = {"label": label, "scopes": list(scopes)}
        made: IssuedKey = self._write("POST", "/keys", body)
        return made

    def revoke_key(self, prefix: str) -> None:
        self._write("DELETE", f"/keys/{prefix}")

    # -- rounds ---------------------------------------------------------------------------------
    def rounds(self, **filters: Query) -> Iterator[Round]:
        """The latest lock first; `status="open"`, `asset`, `horizon`, `season` ... narrow it."""
        return self._pages("/rounds", **filters)

    def open_rounds(self, **filters: Query) -> Iterator[Round]:
        """Those that take entries now by the league's own clock, the latest lock first."""
        return self.rounds(status="open", locks_after=self.now(), **filters)

    def round(self, round_id: str) -> RoundDetail:
        found: RoundDetail = self._read(f"/rounds/{round_id}")
        return found

    # -- predictions ----------------------------------------------------------------------------
    def preview(self, round_id: str, entry: Entry) -> Quantiles:
        """A dry run: what the entry would mean at the present price. Nothing is written."""
        made = self.transport.ask(Call("POST", place(round_id), DRY, dict(entry)))
        meant: Quantiles = made["quantiles"]
        return meant

    def predict(self, round_id: str, entry: Entry) -> Accepted:
        """Counts once, however often it had to be sent; a later one revises it until the lock."""
        call = Call("POST", place(round_id), {}, dict(entry), is_keyed=True)
        made: Accepted = self.transport.ask(call)
        return made

    def preview_all(self, items: Sequence[Item]) -> list[Quantiles]:
        """The same for many rounds, in the order given."""
        made = self.transport.ask(Call("POST", BULK, DRY, {"items": [*items]}))
        return [item["quantiles"] for item in made["items"]]

    def predict_all(self, items: Sequence[Item]) -> AcceptedBulk:
        """Up to 500 rounds at once: all of them or, naming every item at fault, none."""
        call = Call("POST", BULK, {}, {"items": [*items]}, is_keyed=True)
        made: AcceptedBulk = self.transport.ask(call)
        return made

    def withdraw(self, round_id: str) -> None:
        self._write("DELETE", place(round_id))

    def prediction(self, prediction_id: str) -> Prediction:
        found: Prediction = self._read(f"/predictions/{prediction_id}")
        return found

    def predictions(self) -> Iterator[Prediction]:
        """Yours, the newest first."""
        return self._pages("/predictions/mine")

    # -- proofs ---------------------------------------------------------------------------------
    def receipt(self, prediction_id: str) -> dict[str, Any]:
        """:raises league_client.failures.Retryable: until the round's entries are committed."""
        found: dict[str, Any] = self._read(f"/predictions/{prediction_id}/receipt")
        return found

    def ledger(self) -> dict[str, Any]:
        """Every anchor there is, when the league keeps a ledger of its own."""
        found: dict[str, Any] = self._read("/chain/ledger")
        return found

    def ledger_info(self) -> LedgerInfo:
        found: LedgerInfo = self._read("/chain/info")
        return found

    def check(self, prediction_id: str, *, node: verify.Node | None = None) -> Checked:
        """Its receipt, verified here: nothing but the arithmetic is believed. Whose word of which
        round it proves stands in the receipt itself.

        `node` is one you trust, to look the anchors up when the league's ledger is a chain.
        """
        return proofs.check(self.receipt(prediction_id), ledger=self.ledger, node=node)

    # -- boards ---------------------------------------------------------------------------------
    def leaderboard(self, **filters: Query) -> Iterator[Standing]:
        """The newest running season's first horizon; `season`, `horizon`, `kind`, `player`."""
        return self._pages("/leaderboard", **filters)

    # -- webhooks -------------------------------------------------------------------------------
    def subscribe(self, url: str, events: Sequence[str], *, about: str = "") -> IssuedWebhook:
        """Be told at `url`; the answer's `secret`, shown once, is for `webhooks.read`."""
        body = {"url": url, "events": list(events), "description": about}
        made: IssuedWebhook = self._write("POST", "/webhooks", body)
        return made

    def webhooks(self) -> Iterator[Webhook]:
        return self._pages("/webhooks")

    def unsubscribe(self, webhook_id: str) -> None:
        self._write("DELETE", f"/webhooks/{webhook_id}")

    # -- everything else ------------------------------------------------------------------------
    def now(self) -> str:
        """The league's own clock, by which entries are stamped."""
        return str(self._read("/time")["now"])

    def _read(self, path: str, **query: Query) -> Any:
        given = {name: value for name, value in query.items() if value is not None}
        return self.transport.ask(Call("GET", path, given))

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Any other operation of docs/openapi.yaml, e.g. POST /time-machine."""
        return self._write(method, path, body)

    def _write(self, method: str, path: str, body: Any = None) -> Any:
        return self.transport.ask(Call(method, path, {}, body))

    def _pages(self, path: str, **query: Query) -> Iterator[Any]:
        """Row by row. Only the next link's parameters are taken: the key goes to one address."""
        page = self._read(path, **query)
        yield from page["results"]
        while page["next"]:
            following = parse_qs(urlsplit(page["next"]).query)
            page = self.transport.ask(Call("GET", path, following))
            yield from page["results"]


def place(round_id: str) -> str:
    return f"/rounds/{round_id}/prediction"
