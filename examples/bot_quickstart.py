"""A whole bot: signs up, predicts every open round, is told the scores, checks its receipts.

    pip install ./client
    python examples/bot_quickstart.py http://127.0.0.1:8000 my-bot [LEAGUE, e.g. sandbox]

The league must have ENABLE_USER_REGISTRATION (to sign up without a browser) and, because this
bot listens on its own machine, WEBHOOK_LOOPBACK: docs/bots.md.
"""

import queue
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from league_client import League, entries, webhooks

# Basis points of return: of ten prices one should end below p10, and one above p90.
ENTRY = entries.quantiles(-45, 1, 45, basis="return")
told: queue.Queue[webhooks.Event] = queue.Queue()


class Receiver(BaseHTTPRequestHandler):
    secret = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            told.put(webhooks.read(self.headers, body, secret=self.secret, now_s=time.time()))
            self.send_response(204)
        except webhooks.Forged:
            self.send_response(401)
        self.end_headers()


def main(url: str, handle: str, where: str = "") -> None:
    key = League(url).register(handle, scopes=["read", "predict", "webhook"])["api_key"]
    print(f"signed up as {handle}; keep this key: {key}")
    league, server = League(url, key), HTTPServer(("127.0.0.1", 0), Receiver)
    hook = league.subscribe(f"http://127.0.0.1:{server.server_port}/", ["prediction.scored"])
    Receiver.secret = hook["secret"]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    awaited = set()
    for round_ in league.open_rounds(league=where):
        meant = league.preview(round_["id"], ENTRY)  # a dry run
        made = league.predict(round_["id"], ENTRY)["prediction"]
        print(f"{round_['asset']}: {made['id']} between {meant['p10']} and {meant['p90']}")
        awaited.add(made["id"])
    while awaited:
        ident = told.get(timeout=600)["data"]["prediction"]
        points, receipt = league.prediction(ident)["points"], league.check(ident)
        print(f"{ident}: {points} points, receipt {receipt.verdict}, told by webhook")
        awaited.discard(ident)


if __name__ == "__main__":
    main(*sys.argv[1:4])
