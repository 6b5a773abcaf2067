import pytest

from league.webhooks import targets
from league.webhooks.targets import Target, UnsafeTarget
from tests.league import hostile_targets as corpus


@pytest.mark.parametrize("url", corpus.URLS)
def test_a_hostile_url_is_refused_as_given(url: str) -> None:
    with pytest.raises(UnsafeTarget):
        targets.read(url, allow_loopback=False)


@pytest.mark.parametrize("address", corpus.ADDRESSES)
def test_an_address_that_is_not_the_publics_is_refused(address: str) -> None:
    with pytest.raises(UnsafeTarget):
        targets.judge(address, allow_loopback=False)


@pytest.mark.parametrize("url", corpus.GOOD_URLS)
def test_an_address_of_the_internet_goes_through(url: str) -> None:
    assert targets.read(url, allow_loopback=False).scheme == "https"


@pytest.mark.parametrize("address", corpus.GOOD_ADDRESSES)
def test_a_public_address_is_answered_as_it_came(address: str) -> None:
    assert targets.judge(address, allow_loopback=False) == address


def test_the_corpus_is_large_and_says_nothing_twice() -> None:
    for few in (corpus.URLS, corpus.ADDRESSES, corpus.GOOD_URLS):
        assert len(set(few)) == len(few)
    assert len(corpus.URLS) + len(corpus.ADDRESSES) > 170


def test_the_parts_are_those_that_were_judged() -> None:
    read = targets.read("https://Hook.Example.org:8443/a/b?c=d", allow_loopback=False)
    assert read == Target("https", "hook.example.org", 8443, "/a/b?c=d")
    assert targets.read("https://a.example.org", allow_loopback=False) == Target(
        "https", "a.example.org", 443, "/"
    )
    assert targets.read("https://[2606:4700::1111]:1024/", allow_loopback=False) == Target(
        "https", "2606:4700::1111", 1024, "/"
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/hook", "http://localhost:9000/", "https://localhost/",
        "http://[::1]:9000/", "http://hook.example.org/",
    ],
)  # fmt: skip
def test_development_may_send_to_itself_and_in_the_clear(url: str) -> None:
    targets.read(url, allow_loopback=True)
    with pytest.raises(UnsafeTarget):
        targets.read(url, allow_loopback=False)


def test_development_opens_this_machine_and_no_other() -> None:
    others = [one for one in corpus.ADDRESSES if one not in {"127.0.0.1", "127.8.8.8", "::1"}]
    for address in others:
        with pytest.raises(UnsafeTarget):
            targets.judge(address, allow_loopback=True)
    for address in ("127.0.0.1", "::1"):
        assert targets.judge(address, allow_loopback=True) == address
    for url in ("http://10.0.0.1/", "http://169.254.169.254/", "http://127.0.0.1:22/"):
        with pytest.raises(UnsafeTarget):
            targets.read(url, allow_loopback=True)
