import gzip
import time

import pytest

from markets.providers import base, http
from tests.markets.vendor_server import Reply, VendorServer, gzipped


def get(vendor: VendorServer) -> http.Answer:
    return http.Endpoint(vendor.url).get("/thing", {"a": 1})


def test_a_passing_failure_is_tried_again(vendor: VendorServer) -> None:
    vendor.reply("/thing", Reply("oops", 502), Reply({"fine": True}))
    assert get(vendor) == http.Answer(200, {"fine": True})
    assert len(vendor.requests) == 2


def test_three_attempts_are_all(vendor: VendorServer) -> None:
    vendor.reply("/thing", Reply("oops", 500))
    with pytest.raises(base.ProviderUnavailable, match="server_error"):
        get(vendor)
    assert len(vendor.requests) == 3


def test_a_redirect_is_never_followed(vendor: VendorServer) -> None:
    vendor.reply("/thing", Reply("", 302, {"Location": "http://169.254.169.254/latest/"}))
    with pytest.raises(base.ProviderUnavailable, match="redirect"):
        get(vendor)
    assert len(vendor.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [Reply(b" " * 1_100_000), gzipped(b"[" + b"0," * 40_000_000 + b"0]")],
    ids=["plain", "gzip bomb"],
)
def test_a_huge_body_is_cut_short(vendor: VendorServer, reply: Reply) -> None:
    vendor.reply("/thing", reply)
    with pytest.raises(base.ProviderUnavailable, match="too_large"):
        get(vendor)


def test_a_compressed_answer_is_read(vendor: VendorServer) -> None:
    vendor.reply("/thing", gzipped(b'{"fine": true}'))
    assert get(vendor).body == {"fine": True}


def test_a_broken_compression_is_a_reason_to_try_again(vendor: VendorServer) -> None:
    broken = gzip.compress(b'{"fine": true}')[:-9] + b"nonsense!"
    vendor.reply("/thing", Reply(broken, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(base.ProviderUnavailable):
        get(vendor)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("reply", [Reply({}, delay_s=0.6), Reply("1" * 300, trickle_s=0.02)])
def test_a_slow_answer_is_given_up(vendor: VendorServer, reply: Reply) -> None:
    vendor.reply("/thing", reply)
    before = time.monotonic()
    with pytest.raises(base.ProviderUnavailable):
        get(vendor)
    assert time.monotonic() - before < 1.5


@pytest.mark.parametrize("body", ["Throttled", "", "{", "[" * 50_000, '{"a": Infinity}', "\x00"])
def test_what_is_not_json_has_no_body(vendor: VendorServer, body: str) -> None:
    vendor.reply("/thing", Reply(body))
    assert get(vendor).body is None


@pytest.mark.parametrize("hint", ["soon", "-1", "٣", "99999999", "Wed, 21 Oct 2025 07:28:00 GMT"])
def test_an_unreadable_wait_is_no_wait(vendor: VendorServer, hint: str) -> None:
    header = {"Retry-After": hint.encode().decode("latin-1")}
    vendor.reply("/thing", Reply("", 429, header))
    with pytest.raises(base.ProviderUnavailable) as caught:
        http.Endpoint(vendor.url, retries_limited=False).get("/thing", {})
    assert caught.value.retry_after is None
