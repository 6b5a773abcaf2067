# ruff: noqa: E501 -- tables
"""Where strangers would like to have us send something, and what their names may resolve to."""

from typing import Final

# -- refused as they are given ------------------------------------------------------------------
URLS: Final = [
    # not ours to speak
    "", " ", "http://hook.example.org/", "ftp://hook.example.org/", "file://localhost/etc/passwd",
    "gopher://hook.example.org:70/_", "javascript:alert(1)", "data:text/plain,x", "ws://a.example",
    "//hook.example.org/", "hook.example.org", "https:hook.example.org", "https:/hook.example.org",
    "https:///hook.example.org", "https://", "https://:443/", "HTTPS://hook.example.org/",
    # this machine, in every spelling
    "https://localhost/", "https://localhost:8000/", "https://LOCALHOST/", "https://localhost./",
    "https://a.localhost/", "https://127.0.0.1/", "https://127.1/", "https://127.0.1/",
    "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/",
    "https://017700000001/", "https://127.0.0.01/", "https://127.000.000.001/", "https://0/",
    "https://0.0.0.0/", "https://127.0.0.1./", "https://127.0.0.0x1/", "https://127.0.0.1.5/",
    "https://[::1]/", "https://[::]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/", "https://[::1%25lo]/",
    "https://[::1]extra/", "https://[::1/", "https://::1/", "https://[127.0.0.1]/",
    # its neighbours
    "https://10.0.0.1/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.1.1/",
    "https://169.254.1.1/", "https://100.64.0.1/", "https://100.127.255.255/",
    "https://[fe80::1]/", "https://[fc00::1]/", "https://[fd12:3456::1]/", "https://[fec0::1]/",
    "https://printer.local/", "https://vault.internal/", "https://1.0.0.10.in-addr.arpa/",
    # clouds' own
    "https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/",
    "https://100.100.100.200/", "https://168.63.129.16/", "https://192.0.0.192/",
    "https://metadata.google.internal/", "https://[::ffff:169.254.169.254]/",
    "https://[64:ff9b::a9fe:a9fe]/", "https://[64:ff9b:1::a9fe:a9fe]/", "https://[2002:a9fe:a9fe::]/",
    "https://[2001:0:a9fe:a9fe::1]/", "https://2852039166/", "https://0xa9fea9fe/",
    # nobody's and everybody's
    "https://192.0.2.1/", "https://198.51.100.1/", "https://203.0.113.1/", "https://198.18.0.1/",
    "https://224.0.0.1/", "https://239.255.255.250/", "https://240.0.0.1/",
    "https://255.255.255.255/", "https://[ff02::1]/", "https://[2001:db8::1]/", "https://[100::1]/",
    "https://192.88.99.1/", "https://[3fff::1]/", "https://[4000::1]/",
    # one reader's host is another one's user
    "https://user@hook.example.org/", "https://hook.example.org@127.0.0.1/",
    "https://user:pass@hook.example.org/", "https://hook.example.org#@127.0.0.1/",
    "https://hook.example.org\\@127.0.0.1/", "https://127.0.0.1\\.hook.example.org/",
    "https://hook.example.org/#x", "https://hook.example.org?x", "https://hook.example.org;a/",
    "https://hook.example.org,127.0.0.1/", "https://hook.example.org /", " https://a.example.org/",
    "https://hook.example.org/\r\nHost: 127.0.0.1", "https://hook.example.org/\tx",
    "https://hook.exa\tmple.org/", "https://hook.example.org/\0", "https://hook.example.org/a b",
    "https://hook.example.org/<", "https://hook.example.org/é", "https://höök.example.org/",
    "https://\uff11\uff12\uff17.0.0.1/", "https://hook\u3002example\u3002org/",
    "https://%6cocalhost/", "https://127.0.0.1%2f@hook.example.org/", "https://%31.example.org/",
    "https://hook..example.org/", "https://.example.org/", "https://-hook.example.org/",
    "https://hook-.example.org/", "https://example/", "https://hook.example.1/",
    "https://" + "a" * 64 + ".org/", "https://" + "a." * 130 + "org/", "https://hook.example.org./",
    "https://hook.example.org/" + "a" * 500, "https://*.example.org/", "https://$(id).example.org/",
    # ports
    "https://hook.example.org:22/", "https://hook.example.org:25/", "https://hook.example.org:0/",
    "https://hook.example.org:65536/", "https://hook.example.org:99999/",
    "https://hook.example.org:-1/", "https://hook.example.org:443x/",
    "https://hook.example.org:4_43/", "https://hook.example.org:443:443/",
    "https://hook.example.org:/", "https://hook.example.org:\u0664\u0664\u0663/",
    "https://hook.example.org:1023/",
]  # fmt: skip

# -- what a harmless name may turn out to be ----------------------------------------------------
ADDRESSES: Final = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.20.0.1", "192.168.0.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.7", "198.18.0.1",
    "198.51.100.7", "203.0.113.7", "224.0.0.251", "240.0.0.1", "255.255.255.255", "192.88.99.2",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "fe80::1",
    "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:20::1", "2001:db8::1",
    "2002:7f00:1::1", "3fff::1", "5f00::1", "4000::1", "", "nonsense", "1.2.3", "01.2.3.4",
]  # fmt: skip

# -- what must go through -----------------------------------------------------------------------
GOOD_URLS: Final = [
    "https://hook.example.org", "https://hook.example.org/", "https://hook.example.org:443/a",
    "https://hook.example.org:80/", "https://hook.example.org:8443/a/b?c=d&e=%20f",
    "https://Hook.Example.ORG/Path", "https://a-b.c--d.xn--p1ai/x", "https://_dmarc.example.org/",
    "https://198.41.0.4/", "https://[2606:4700::1111]/", "https://[2606:4700::1111]:8443/x",
    "https://hook.example.org/@user", "https://hook.example.org/a;b=c,d", "https://1e100.net/",
]  # fmt: skip
GOOD_ADDRESSES: Final = ["198.41.0.4", "8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1"]
