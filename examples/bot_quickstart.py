"""A whole bot: signs up, predicts every open round of a league, and checks its own receipts.

    python examples/bot_quickstart.py http://127.0.0.1:8000 [API KEY] [LEAGUE, e.g. sandbox]

Without a key ("") it signs up by a wallet address, where the server has ENABLE_USER_REGISTRATION.
"""

import secrets
import sys
import time
from typing import Any

import requests

from chain import verify

# Basis points of return: of ten prices one should end below p10, and one above p90.
ENTRY = {"form": "quantiles", "basis": "return", "p10": "-45", "p50": "1", "p90": "45"}


class League:
    def __init__(self, url: str, key: str) -> None:
        self.url, self.http = f"{url}/api/v1", requests.Session()
        if not key:
            wallet = {"address": f"0x{secrets.token_hex(20)}"}
            key = self.ask("POST", "/users/register", json=wallet)["api_key"]
            print(f"signed up; keep this key: {key}")
        self.http.headers["Authorization"] = f"Bearer {key}"

    def ask(self, method: str, path: str, **options: Any) -> Any:
        answer = self.http.request(method, self.url + path, timeout=10, **options)
        if answer.status_code in {429, 503}:
            time.sleep(float(answer.headers.get("Retry-After", 1)))
            return self.ask(method, path, **options)
        if not answer.ok:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()


def main(url: str, key: str = "", name: str = "") -> None:
    league, mine = League(url, key), {}
    now, asked = league.ask("GET", "/time")["now"], f"/rounds?status=open&league={name}"
    for round_ in (r for r in league.ask("GET", asked)["results"] if r["locks_at"] > now):
        path = f"/rounds/{round_['id']}/prediction"
        meant = league.ask("POST", f"{path}?dry_run=true", json=ENTRY)["quantiles"]
        once = {"Idempotency-Key": secrets.token_hex(16)}  # sent again, it is done once
        mine[round_["asset"]] = league.ask("POST", path, json=ENTRY, headers=once)["prediction"]
        print(f"{round_['asset']}: between {meant['p10']} and {meant['p90']}")
    for asset, prediction in mine.items():
        while (found := league.ask("GET", f"/predictions/{prediction['id']}"))["points"] is None:
            time.sleep(2)
        receipt = league.ask("GET", f"/predictions/{prediction['id']}/receipt")
        steps = verify.check(receipt, league.ask("GET", "/chain/ledger"))
        verdict = ("verified", "FAILED", "undecided")[verify.verdict(steps)]
        print(f"{asset}: {found['points']} points, receipt {verdict}")


if __name__ == "__main__":
    main(*sys.argv[1:4])
