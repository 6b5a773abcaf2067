# ruff: noqa: E501, ISC004 -- tables
"""What strangers send: path parameters, queries, headers, bodies, methods and form values.

Plain data. Bytes are sent as they are; text goes out percent-encoded by nobody, so a `%` here is
one on the wire.
"""

from typing import Any, Final

LONG: Final = "9" * 5_000
RTL, ZERO_WIDTH, FULL_WIDTH = "\u202eevil", "\u200b\u200d\ufeff", "\uff11\uff12"
ODD_UUIDS: Final = [
    "0193f8a0-0000-7000-8000-000000000000",
    "00000000-0000-0000-0000-000000000000",
    "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    "{0193f8a0-0000-7000-8000-000000000000}",
    "urn:uuid:0193f8a0-0000-7000-8000-000000000000",
    "0193f8a0000070008000000000000000",
    "0193f8a0-0000-7000-8000-00000000000\uff10",
]

# -- the path: instead of a parameter -----------------------------------------------------------
PATHS: Final[list[bytes]] = [
    *[text.encode() for text in ODD_UUIDS],
    b"\0", b"a\0b", b"%00", b"..", b".", b"../../etc/passwd", b"..%2f..%2f", b"%2e%2e/",
    b"\\..\\windows", b"//evil.example", b"null", b"None", b"undefined", b"NaN", b"-1", b"0",
    b"1_000", b"+1", b" ", b"%20", b"\t", b"\r\nX-Injected: 1", b"%0d%0aX-Injected:%201", b"\x7f",
    b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", "é".encode(), "e\u0301".encode(), "😀".encode(),
    RTL.encode(), ZERO_WIDTH.encode(), FULL_WIDTH.encode(), b"' OR 1=1--", b"1;DROP TABLE x",
    b"<script>alert(1)</script>", b"{{7*7}}", b"${jndi:ldap://x}", b"%s%n%x", b"1e400",
    b"9" * 30, LONG.encode(), b"0x" + b"0" * 40, b"0x" + b"g" * 40, b"0X" + b"A" * 40,
    b"add", b"me", b"*", b"a,b", b"a|b", b"_5F_0a", b"__init__", b"constructor",
]  # fmt: skip

# -- the query: after the question mark ----------------------------------------------------------
VALUES: Final = [
    "", "%00", "a%00b", "0", "-1", "1.5", "1e9", "1e400", "NaN", "Infinity", "1_000", "%2B1", "+1",
    "%20 1", "0x10", "9" * 30, "%EF%BC%91", "%D9%A1", "%ED%A0%80", "%FF", "%", "%zz", "%u0041",
    "null", "true", "[]", "{}", "%27%20OR%201%3D1", "%3Cscript%3E", "..%2F..", "%0d%0aX-Injected:1",
    "%E2%80%AE", "%E2%80%8B", "a" * 3_000, "2025-02-30T00:00Z", "0001-01-01T00:00Z",
    "9999-12-31T23:59:59-23:59", "2025-01-01T24:00:00Z", "2025-01-01", "1735689600",
]  # fmt: skip
NAMES: Final = [
    "limit", "cursor", "offset", "season", "asset", "horizon", "status", "locks_after",
    "locks_before", "kind", "league", "price_mode", "symbol", "interval", "source", "dry_run",
    "format", "lang", "next", "q", "o", "p", "e", "_changelist_filters", "_to_field", "user",
    "round__status", "id__exact", "pk__in", "starts_at", "_popup", "all",
]  # fmt: skip
QUERIES: Final = [
    *[f"{NAMES[place % len(NAMES)]}={value}" for place, value in enumerate(VALUES * 4)],
    "limit=1&limit=2", "cursor=a&cursor=b", "season=demo&season=hidden", "=", "&&&", "?", "=1",
    "a[]=1", "a[b]=1", "limit", "limit=1;offset=2", "unknown=1", "%00=1", "%ED%A0%80=1",
    "%E2%80%AElimit=1", "l%69mit=0", "limit%5F=1", "__proto__=1", "format=xml", "format=api",
    "format=.json", "cursor=cD0x", "cursor=bz0tMQ==", "cursor=cj0xJnA9bnVsbA==", "api_key=x",
    "access_token=x", "_method=DELETE", "season__league__visibility=private", "x" * 4_000,
    "&".join(f"a{n}={n}" for n in range(1_100)), "limit=1&" * 400, "next=//evil.example",
    "next=javascript:alert(1)", "o=1.2.3.4.5.6.7.8.9.10", "o=-9", "p=99999999999999999999",
    "_to_field=password", "app_label=x&model_name=y&field_name=z&term=a", "_selected_action=x",
]  # fmt: skip

# -- headers: name and value --------------------------------------------------------------------
HEADERS: Final[list[tuple[str, str]]] = [
    *[("X-Request-ID", value) for value in (
        "", "short", "a" * 65, "a" * 8_000, "bad id with spaces", "x\ty", "../../../etc/passwd",
        "\xff" * 10, "<script>x</script>", '"quoted-identity"', "12345678\u0661".encode().decode("latin-1"),
    )],
    *[("Idempotency-Key", value) for value in (
        "", " ", "a b", "\xe9", "k" * 255, "k" * 256, "\x01", "null", "0", "\x7f", "{}", "a,b",
    )],
    *[("Authorization", value) for value in (
        "", "Bearer", "Bearer ", "bearer x", "Bearer " + "x" * 8_000, "Basic YTpi", "Basic !!!",
        "Bearer lg_live_0123456789abcdef_" + "0" * 64, "Bearer lg_live__", "Bearer \xff\xfe",
        "Bearer lg_live_\xd9\xa0" + "1" * 80, "Token abc", "Bearer a b c", "Digest username=x",
        "Bearer eyJhbGciOiJub25lIn0.e30.", ",", "Bearer null",
    )],
    *[("Accept", value) for value in (
        "", "*", "*/*;q=nope", "text/html", "application/xml", "application/json;version=9",
        "text/html;q=0", "a/b, c/d;q=0.1" * 200, "application/json; indent=999999",
        "application/json; indent=-1", "application/json; indent=\xb2", "\xff", ";;;",
        "text/html; q*=nope''1", "application/problem+json", "image/*",
    )],
    *[("Content-Type", value) for value in (
        "", "application/json; charset=utf-16", "application/json; charset=nope", "text/plain",
        "multipart/form-data", "multipart/form-data; boundary=", "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=" + "b" * 400, "application/json, text/plain", "json",
        "application/json; a*=bogus''%41", "application/problem+json", "*/*", "\xff/\xff",
        "application/xml",
    )],
    *[("If-None-Match", value) for value in (
        "*", '"', 'W/"x"', '"' + "x" * 8_000 + '"', "\xff", ",,,", '"a","b"',
    )],
    *[("If-Modified-Since", value) for value in (
        "yesterday", "Sun, 31 Feb 2025 00:00:00 GMT", "Thu, 01 Jan 99999 00:00:00 GMT", "-1",
    )],
    *[("If-Match", value) for value in ("*", "x")],
    *[("Cookie", value) for value in (
        "sessionid=", "sessionid=" + "a" * 6_000, "sessionid=\xff\xfe", "sessionid=../../x", "=;=;",
        "csrftoken=\x01", "messages=gibberish", "messages=W1siX19qc29uX21lc3NhZ2UiXV0", "a" * 3_000,
        "sessionid=a; sessionid=b", '$Version="1"; x', "sessionid=0" * 300,
    )],
    *[("Host", value) for value in (
        "evil.example", "", "testserver:99999", "testserver:abc", "[::1", "a b", "testserver@evil",
        "127.0.0.1\xff", "." * 300, "testserver/../x",
    )],
    *[("X-HTTP-Method-Override", method) for method in ("DELETE", "TRACE", "\xff")],
    *[("X-Forwarded-For", value) for value in ("", "1.2.3.4, ::1, nonsense", "\xff", "a" * 4_000)],
    *[(name, "evil.example") for name in ("X-Forwarded-Host", "Forwarded", "X-Original-URL", "Via")],
    *[("Content-Length", value) for value in ("-1", "abc", "", "1e3", "99999999999", "1, 2")],
    *[("Transfer-Encoding", value) for value in ("chunked", "identity", "gzip, chunked")],
    *[("Range", value) for value in ("bytes=0-", "bytes=9-1", "x=1")],
    *[("Origin", value) for value in ("null", "https://evil.example", "\xff", "https://")],
    *[("Access-Control-Request-Method", value) for value in ("", "DELETE", "\xff")],
    ("Accept-Language", "xx-" + "a" * 600), ("Accept-Encoding", "gzip;q=nope, br"),
    ("Content-Encoding", "gzip"), ("Expect", "100-continue"), ("Upgrade", "h2c"),
    ("X-CSRFToken", "\xff"), ("X-CSRFToken", ""), ("Referer", "http://[::1"), ("Referer", "\xff"),
    ("User-Agent", "() { :;}; echo x"), ("X-Forwarded-Proto", "gopher"),
]  # fmt: skip

# -- methods -----------------------------------------------------------------------------------
METHODS: Final = [
    "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND",
    "MKCOL", "get", "Post", "", "X" * 300, "GET\xff", "__CLASS__", "DISPATCH", "SETUP", "HTTP",
]  # fmt: skip

# -- bodies: bytes and content type ---------------------------------------------------------------
JSON: Final = "application/json"
QUANTILES: Final = '{"form": "quantiles", "p10": "1", "p50": "2", "p90": "3"%s}'
SCALARS: Final = [
    "null", "true", "false", "0", "-0", "1", "1.5", '""', '"text"', "[]", "{}", "[[]]", "[{}]",
    "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1E-400", "1e" + "9" * 25, "9" * 41,
    LONG, "0x10", "1_000", "+1", "01", ".5", "5.", "'1'", '"\\u0000"', '"\\ud800"', '"\\udc00x"',
    '"\\uD83D\\uDE00"', '"1_000"', '"1e5"', '" 1"', '"+1"', '"\uff11"', '"NaN"', '"Infinity"',
    '"-0.00000000001"', '"' + "9" * 100 + '"', '"1' + "0" * 9_000 + '"', '"\u202e1"', '"\u200b"',
    '{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 2}}', '{"__proto__": 1}', '{"$gt": ""}', '["1"]',
]  # fmt: skip
FIELDS: Final = [
    "form", "basis", "p10", "p50", "p90", "point", "prob_up", "handle", "name", "label", "scopes",
    "expires_at", "player", "is_primary", "address", "user_address", "prediction_value",
    "url", "events", "description", "is_active",
]  # fmt: skip
ENCODED: Final[list[tuple[bytes, str]]] = [
    (b"", JSON), (b" ", JSON), (b"{", JSON), (b"}", JSON), (b'{"a"', JSON), (b"{'a': 1}", JSON),
    (b'{"a": 1,}', JSON), (b"// x\n{}", JSON), (b"{}{}", JSON), (b"{} x", JSON), (b"\0", JSON),
    (b"\xff\xfe", JSON), (b"\xed\xa0\x80", JSON), (b'\xef\xbb\xbf{"form": "point"}', JSON),
    ('{"form": "point"}'.encode("utf-16"), JSON), ('{"form": "point"}'.encode("utf-32"), JSON),
    (b"[" * 60_000, JSON), (b"[" * 21 + b"]" * 21, JSON), (b'{"a":' * 40 + b"1" + b"}" * 40, JSON),
    (b'"' + b"\\" * 60_000, JSON), (b'"' + b"a" * 64_000 + b'"', JSON), (b"x" * 65_537, JSON),
    (b"x" * 200_000, JSON), (b"form=point&point=1", "application/x-www-form-urlencoded"),
    (b"a=%00&b=%ED%A0%80", "application/x-www-form-urlencoded"),
    (b"&".join(b"a%d=1" % n for n in range(1_100)), "application/x-www-form-urlencoded"),
    (b"x" * 70_000, "application/x-www-form-urlencoded"), (b"--b\r\n\r\n--b--", "multipart/form-data"),
    (b"--b\r\nContent-Disposition: form-data\r\n\r\n", "multipart/form-data; boundary=b"),
    (b'--b\r\nContent-Disposition: form-data; name="a"; filename="../x"\r\n\r\nx\r\n--b--\r\n',
     "multipart/form-data; boundary=b"),
    (b'--b\r\nContent-Disposition: form-data; name="\0"\r\nContent-Transfer-Encoding: base64\r\n'
     b"\r\n!!!\r\n--b--\r\n", "multipart/form-data; boundary=b"),
    (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "application/xml"), (b"a: &a [*a]", "text/yaml"),
    (b"\x80\x04N.", "application/octet-stream"), (b"{}", "text/plain"), (b"{}", "application/json5"),
    (b"{}", "application/vnd.api+json"), (b"\x1f\x8b" + b"\0" * 40, JSON),
]  # fmt: skip
BODIES: Final[list[tuple[bytes, str]]] = [
    *ENCODED,
    *[(text.encode(), JSON) for text in SCALARS],
    *[
        (f'{{"{FIELDS[place % len(FIELDS)]}": {text}}}'.encode(), JSON)
        for place, text in enumerate(SCALARS * 3)
    ],
    *[((QUANTILES % f', "p10": {text}').encode(), JSON) for text in SCALARS[:4]],
    *[((QUANTILES % f', "extra": {text}').encode(), JSON) for text in SCALARS],
    *[(f'{{"form": "point", "point": {text}}}'.encode(), JSON) for text in SCALARS],
]

# -- one value of an otherwise proper form (login, admin) ------------------------------------
FORM_VALUES: Final = [
    "", "\0", "a\0b", "\ud800", RTL, FULL_WIDTH, "-1", "0", "1.5", "NaN", "Infinity", "1e400",
    "9" * 19, "9" * 30, LONG, "1_000", "0001-01-01", "9999-12-31", "2025-02-30", "00:00:61",
    "9999-12-31T23:59:59-23:59", "on", "true", "[" * 3_000, "{", "null", '{"a": 1, "a": 2}', "*/0",
    "*/" + "9" * 30, "1-99999999", "'", "<b>", "../..", "x" * 3_000, "2147483648", "-2147483649",
]  # fmt: skip

LISTS: Final[dict[str, list[Any]]] = {
    "paths": PATHS, "queries": QUERIES, "methods": METHODS, "form values": FORM_VALUES,
    "headers": [{name: value} for name, value in HEADERS],
    "bodies": [(kind, body) for body, kind in BODIES],
}  # fmt: skip
