"""Where we connect, and where never: the table of S-SSRF and what a hostile DNS can do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scim.scim_clients import client_of

from provisor.scim.http import NotSent
from provisor.scim.targets import BaseUrl, ForbiddenTarget, InvalidBaseUrl, PinnedResolver, Targets

NOTHING = Targets.parse([])

FORBIDDEN = [
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.9.9"),
    *("192.168.0.1", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.254"),
    *("192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9"),
    *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[::ffff:127.0.0.1]"),
    *("[::ffff:10.0.0.1]", "[::ffff:8.8.8.8]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]"),
    *("[2001::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]", "[5f00::1]", "[::127.0.0.1]"),
    *("2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.1", "127.1", "127.0.1", "0"),
    *("１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1", "127.0.0.1.", "0x7F.1", "10.1", "[::1%25lo]", "[fe80::1%25eth0]"),
    *("localhost", "LOCALHOST", "localhost.", "a.localhost", "ⓛocalhost", "metadata.google.internal"),
]
FORMS = [
    "https://{}",
    "https://{}/scim/v2",
    "https://user:pass@{}/scim/v2",
    "https://{}:8443/scim",
    "http://{}/",
    "https://good.example@{}/scim",
    "https://{}?x=good.example",
    "https://{}#good.example",
]
CRAFTED = [form.format(host) for host in FORBIDDEN for form in FORMS]


@pytest.fixture(scope="module")
def opened() -> Iterator[list[object]]:
    """Every address that this process connects to while the fixture lives."""
    seen: list[object] = []
    listening = [True]

    def hook(event: str, args: tuple[object, ...]) -> None:
        if listening[0] and event == "socket.connect":
            seen.append(args[1])

    sys.addaudithook(hook)
    yield seen
    listening[0] = False


def test_every_crafted_url_is_refused_when_it_is_saved() -> None:
    assert len(CRAFTED) >= 200
    for url in CRAFTED:
        with pytest.raises((ForbiddenTarget, InvalidBaseUrl)):
            NOTHING.check_url(url)


@pytest.mark.parametrize("address", [host for host in FORBIDDEN if host.strip("[]").replace(":", ".").count(".") > 1])
async def test_no_socket_is_opened_to_a_literal_that_came_past_the_check(address: str, opened: list[object]) -> None:
    base = BaseUrl("https", address.strip("[]"), 443)
    async with client_of(base, NOTHING) as client:
        opened.clear()
        with pytest.raises(NotSent):
            await client.request("GET", "/Users")
    assert opened == []


ADDRESSES = [host.strip("[]") for host in FORBIDDEN[:41]]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_no_socket_is_opened_where_a_name_leads(address: str, opened: list[object], names: type) -> None:
    base = NOTHING.check_url("https://rebind.example/scim")
    dns = names(rebind_example=[["93.184.216.34", address]])
    async with client_of(base, NOTHING, resolver=dns) as client:
        opened.clear()
        with pytest.raises(NotSent, match="not a public address") as refused:
            await client.request("GET", "/Users")
    assert opened == []
    assert refused.value.cause == "forbidden"


async def test_a_name_is_checked_again_at_every_connection(names: type) -> None:
    resolver = PinnedResolver(NOTHING, names(rebind_example=[["93.184.216.34"], ["127.0.0.1"]]))
    first = await resolver.resolve("rebind.example", 443)
    assert [result["host"] for result in first] == ["93.184.216.34"]
    with pytest.raises(ForbiddenTarget):
        await resolver.resolve("rebind.example", 443)


async def test_a_refused_name_does_not_tell_where_it_leads(names: type) -> None:
    resolver = PinnedResolver(NOTHING, names(inside_example=[["10.1.2.3"]]))
    with pytest.raises(ForbiddenTarget) as refused:
        await resolver.resolve("inside.example", 443)
    assert "10.1.2.3" not in str(refused.value)
    assert "inside.example:443" in str(refused.value)


NORMALISED = [
    ("https://sp.example/scim/v2/", "https://sp.example/scim/v2", "a trailing slash is fine"),
    ("https://sp.example/scim/v2//", "https://sp.example/scim/v2", "and so are two"),
    ("https://sp.example", "https://sp.example", "no path"),
    ("https://sp.example/", "https://sp.example", "only a slash"),
    ("HTTPS://SP.Example/SCIM", "https://sp.example/SCIM", "the path keeps its case, the host doesn't"),
    ("https://sp.example:443/v2", "https://sp.example/v2", "the scheme's own port says nothing"),
    ("https://sp.example./v2", "https://sp.example/v2", "a trailing dot"),
    ("https://bücher.example/v2", "https://xn--bcher-kva.example/v2", "an international name"),
    ("https://sp.example/a%20b/ü", "https://sp.example/a%20b/%C3%BC", "what is encoded stays so"),
    ("https://sp.example/a%2Fb/v2", "https://sp.example/a%2Fb/v2", "an encoded slash is no separator"),
    ("https://sp.example/t:1/x@y", "https://sp.example/t:1/x@y", "an @ in the path is no user name"),
    ("https://93.184.216.34/scim", "https://93.184.216.34/scim", "a public address"),
    ("https://[2606:2800:0220:0001::0001]", "https://[2606:2800:220:1::1]", "a public IPv6 address, shortened"),
]


@pytest.mark.parametrize(("given_url", "expected", "reason"), NORMALISED)
def test_a_base_url_is_normalised(given_url: str, expected: str, reason: str) -> None:
    assert str(NOTHING.check_url(given_url)) == expected, reason
    assert str(NOTHING.check_url(expected)) == expected, "normalising twice changes nothing"


INVALID = [
    ("ftp://sp.example/", "https://"),
    ("sp.example/scim", "https://"),
    ("//sp.example/scim", "https://"),
    ("", "https://"),
    ("https://", "no host"),
    ("https:///scim", "no host"),
    ("https://@sp.example/", "user name"),
    ("https://token@sp.example/", "user name"),
    ("https://sp.example/?aadOptscim062020", "query"),
    ("https://sp.example/?", "query"),
    ("https://sp.example/#top", "fragment"),
    ("https://sp.example:/", "port"),
    ("https://sp.example:0/", "port"),
    ("https://sp.example:99999/", "port"),
    ("https://sp.example:x/", "port"),
    ("https://sp.example/a/../b", "dots"),
    ("https://sp.example/a/%2E%2e/b", "dots"),
    ("https://sp.example//scim", "empty part"),
    ("https://sp .example/", "space"),
    ("https://sp.example\\@127.0.0.1/", "backslash"),
    ("https://sp.example/\r\nX: y", "control"),
    ("https://a..example/", "valid name"),
    ("https://-a.example/", "valid name"),
    ("https://%31%32%37.0.0.1/", "percent"),
    ("https://[::1", "can't be read"),
    ("https://sp.example/" + "a" * 3000, "longer"),
]


@pytest.mark.parametrize(("url", "named"), INVALID)
def test_an_invalid_base_url_is_refused_by_name(url: str, named: str) -> None:
    with pytest.raises(InvalidBaseUrl, match=named):
        NOTHING.check_url(url)


@pytest.mark.parametrize("url", ["https://sp.example:8443/", "http://sp.example/", "https://10.0.0.1/"])
def test_a_refusal_says_what_would_allow_it(url: str) -> None:
    with pytest.raises(ForbiddenTarget, match=r"\d+ to PROVISOR_ALLOW_TARGETS"):
        NOTHING.check_url(url)


LISTED = [
    ("127.0.0.1:8080", "http://127.0.0.1:8080/scim", True, "host and port"),
    ("127.0.0.1:8080", "http://127.0.0.1:8081/scim", False, "another port"),
    ("127.0.0.1", "http://127.0.0.1:8081/scim", True, "any port"),
    ("127.0.0.0/8", "http://127.9.9.9:81/", True, "a network"),
    ("10.0.0.0/8", "https://11.0.0.1:81/", False, "beside the network"),
    ("[::1]:8080", "http://[::1]:8080/", True, "IPv6 and port"),
    ("::1", "http://[0:0::1]/", True, "IPv6, another spelling"),
    ("fd00::/8", "https://[fd12::1]/", True, "an IPv6 network"),
    ("localhost:9000", "http://localhost:9000/v2", True, "a name and port"),
    ("LocalHost", "http://LOCALHOST./v2", True, "names have no case and no dot at the end"),
    ("sp.internal", "http://other.internal/", False, "another name"),
    ("bücher.example", "http://xn--bcher-kva.example/", True, "an international name"),
    ("sp_one:80", "http://sp_one/", True, "container names hold underscores"),
    ("127.0.0.1", "https://[::ffff:127.0.0.1]/", True, "mapped addresses are what they map"),
]


@pytest.mark.parametrize(("entry", "url", "allowed", "reason"), LISTED)
def test_the_allow_list_opens_exactly_what_it_names(entry: str, url: str, allowed: bool, reason: str) -> None:
    targets = Targets.parse([entry])
    try:
        targets.check_url(url)
    except ForbiddenTarget:
        assert not allowed, reason
    else:
        assert allowed, reason


@pytest.mark.parametrize(
    "entry",
    ["", "a b", "http://sp.example", "h:0", "h:65536", "h:", "h:x", "10.0.0.1/8", "10.0.0.0/33", "[::1", "0x7f.1"],
)
def test_a_bad_entry_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="can't be read") as refused:
        Targets.parse(["fine.example", entry])
    assert repr(entry) in str(refused.value)


PERMITTED = [
    ([], "93.184.216.34", 443, True, "public"),
    ([], "93.184.216.34", 8443, False, "public, but another port"),
    ([], "10.0.0.1", 443, False, "private"),
    ([], "not an address", 443, False, "no address at all"),
    (["10.0.0.0/8"], "10.0.0.1", 8443, True, "a listed network opens its ports"),
    (["sp.example"], "10.0.0.1", 8443, True, "a listed name opens where it leads"),
    (["sp.example:8443"], "10.0.0.1", 8444, False, "but only on its port"),
    (["sp.example"], "169.254.169.254", 80, False, "a listed name never opens the metadata service"),
    (["sp.example", "169.254.169.254"], "169.254.169.254", 80, True, "unless its address is listed"),
]


@pytest.mark.parametrize(("entries", "address", "port", "allowed", "reason"), PERMITTED)
def test_a_resolved_address(entries: list[str], address: str, port: int, allowed: bool, reason: str) -> None:
    assert Targets.parse(entries).permits("sp.example", port, address) is allowed, reason


@given(st.text(max_size=60))
def test_any_text_is_a_base_url_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://sp.example/{text}"):
        try:
            base = NOTHING.check_url(url)
        except (ForbiddenTarget, InvalidBaseUrl):
            continue
        assert base.scheme == "https"
        assert base.port == 443
        assert str(NOTHING.check_url(str(base))) == str(base)


@given(st.ip_addresses())
def test_an_address_that_python_calls_private_is_never_permitted(address: object) -> None:
    if not address.is_global or address.is_multicast:  # type: ignore[attr-defined]
        assert not NOTHING.permits("sp.example", 443, str(address))


async def test_an_unknown_name_is_an_os_error(names: type) -> None:
    with pytest.raises(OSError, match="no such name"):
        await PinnedResolver(NOTHING, names()).resolve("nowhere.example", 443)


async def test_a_listed_name_leads_to_the_server(serve: Any, connect: Any, names: type, opened: list[object]) -> None:
    server = await serve((200, {}))
    dns = names(sp_example=[["127.0.0.1"]])
    client = await connect(server, url=f"http://sp.example:{server.port}/v2", resolver=dns)
    opened.clear()
    assert (await client.request("GET", "/Users")).status == 200
    assert opened == [("127.0.0.1", server.port)]
    assert server.heard[0].headers["Host"] == f"sp.example:{server.port}"


LINKS = [
    ("https://login.example/o/token/", "https://login.example/o/token/"),
    ("https://LOGIN.example/o/token", "https://login.example/o/token"),
    ("https://login.example", "https://login.example"),
    ("https://login.example/", "https://login.example/"),
    ("https://login.example/token?tenant=a%20b&v=2", "https://login.example/token?tenant=a%20b&v=2"),
    ("https://login.example/a b", None),
    ("https://login.example/token#x", None),
    ("https://login.example/token?a#x", None),
    ("https://user@login.example/token", None),
    ("https://login.example//token", None),
    ("http://login.example/token", None),
    ("https://login.example:8443/token", None),
    ("https://10.0.0.1/token", None),
    ("javascript:alert(1)", None),
    ("https://login.example/token?" + "a" * 2048, None),
]


@pytest.mark.parametrize(("given", "expected"), LINKS, ids=[f"{n} {case[0][:40]}" for n, case in enumerate(LINKS)])
def test_a_token_url_is_kept_to_the_letter_or_refused(given: str, expected: str | None) -> None:
    if expected is not None:
        assert str(NOTHING.check_link(given, "token URL")) == expected
        return
    with pytest.raises((InvalidBaseUrl, ForbiddenTarget)) as refused:
        NOTHING.check_link(given, "token URL")
    assert "base URL" not in str(refused.value)


def test_no_crafted_token_url_comes_through() -> None:
    for url in CRAFTED:
        with pytest.raises((ForbiddenTarget, InvalidBaseUrl)):
            NOTHING.check_link(url, "token URL")
