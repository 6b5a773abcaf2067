import base64
from datetime import UTC, datetime
from email.message import Message

from examples import webhook_receiver
from league.webhooks import signatures

# The example that the specification and its libraries publish.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, STAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
AT = datetime.fromtimestamp(STAMP, UTC)


def received(headers: dict[str, str]) -> Message:
    message = Message()
    for name, value in headers.items():
        message[name.title()] = value  # as a proxy may write them
    return message


def test_the_published_vector() -> None:
    assert signatures.headers(ID, BODY, at=AT, secrets=[KEY]) == {
        "webhook-id": ID,
        "webhook-timestamp": str(STAMP),
        "webhook-signature": SIGNATURE,
    }


def test_each_secret_signs() -> None:
    other = b"o" * 32
    found = signatures.headers(ID, BODY, at=AT, secrets=[other, KEY])["webhook-signature"]
    newest, oldest = found.split(" ")
    assert (newest[:3], oldest) == ("v1,", SIGNATURE)
    for secret in (other, KEY):
        headers = received(signatures.headers(ID, BODY, at=AT, secrets=[other, KEY]))
        shown = signatures.shown(secret)
        assert webhook_receiver.is_genuine(headers, BODY, shown, now_s=STAMP)


def test_a_secret_is_shown_as_the_specification_writes_it() -> None:
    assert signatures.shown(KEY) == SECRET


def test_the_receiver_believes_nothing_else() -> None:
    good = signatures.headers(ID, BODY, at=AT, secrets=[KEY])
    assert webhook_receiver.is_genuine(received(good), BODY, SECRET, now_s=STAMP + 300)
    for change in (
        {"webhook-id": "msg_other"},
        {"webhook-timestamp": str(STAMP + 1)},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "\u0661"},
        {"webhook-signature": SIGNATURE.replace("v1,", "v2,")},
        {"webhook-signature": SIGNATURE[3:]},
        {"webhook-signature": ""},
    ):
        headers = received(good | change)
        assert not webhook_receiver.is_genuine(headers, BODY, SECRET, now_s=STAMP), change
    assert not webhook_receiver.is_genuine(received(good), BODY + b" ", SECRET, now_s=STAMP)
    for now_s in (STAMP - 301, STAMP + 301):  # an old message sent by somebody again
        assert not webhook_receiver.is_genuine(received(good), BODY, SECRET, now_s=now_s)
    assert not webhook_receiver.is_genuine(Message(), BODY, SECRET, now_s=STAMP)
