"""Receives the league's webhooks: verifies each (Standard Webhooks 1.0), then prints it once.

    WEBHOOK_SECRET=whsec_... python examples/webhook_receiver.py [PORT]

Put it behind your TLS proxy. Standard library only.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import sys
import time
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_S, LONGEST = 300, 65_536


def is_genuine(headers: Message, body: bytes, secret: str, *, now_s: float) -> bool:
    """Whether the league signed exactly this, within the last five minutes."""
    stamp = headers.get("webhook-timestamp", "")
    if not re.fullmatch("[0-9]{1,12}", stamp) or abs(now_s - int(stamp)) > TOLERANCE_S:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    wanted = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    given = headers.get("webhook-signature", "").split()  # two while a secret is replaced
    return any(hmac.compare_digest(wanted, one.encode()) for one in given)


class Receiver(BaseHTTPRequestHandler):
    secret = os.environ.get("WEBHOOK_SECRET", "")
    seen: set[str] = set()  # yours belongs in your database: a message may come twice

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), LONGEST))
        if not is_genuine(self.headers, body, self.secret, now_s=time.time()):
            return self.answer(401)
        if self.headers["webhook-id"] not in self.seen:
            self.seen.add(self.headers["webhook-id"])
            message = json.loads(body)
            print(message["timestamp"], message["type"], json.dumps(message["data"]), flush=True)
        return self.answer(204)  # within five seconds: work afterwards

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    ThreadingHTTPServer(("127.0.0.1", port), Receiver).serve_forever()
