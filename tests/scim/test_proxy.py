"""Requests through a proxy: it resolves names, it may want a password, and it hears no more than it has to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.scim import proxy as proxies
from tests.scim.certificates import Authority, server_side
from tests.scim.scim_clients import TOKEN

from provisor.scim.answers import NotSent, SignInRefused
from provisor.scim.check import check
from provisor.scim.targets import ForbiddenTarget, InvalidBaseUrl, Targets
from provisor.scim.transport import Proxy, Tls, Transport
from provisor.testing import FakeServiceProvider

PASSWORD = "canary:proxy pässword"
AUTHORITY = Authority()
# The SP's name is allowed with its port; the loopback addresses are not, but for the proxy's.
NAMED = "sp.example"


@pytest.fixture
async def proxied(serve: Any, tmp_path: Path) -> AsyncIterator[tuple[Any, Any]]:
    """An SP with TLS whose name only the proxy knows, and that proxy, which wants a password."""
    server = await serve((200, {}), tls=server_side(tmp_path, AUTHORITY.issue(NAMED)))
    async with proxies.Proxy(f"user:{PASSWORD}", finds={NAMED: server.port}) as proxy:
        yield server, proxy


def _allowed(proxy: Any) -> Targets:
    return Targets.parse([f"127.0.0.1:{proxy.port}"])


async def test_a_tunnel_carries_what_the_proxy_does_not_hear(proxied: Any, connect: Any) -> None:
    server, proxy = proxied
    through = Proxy(proxy.url, "user", PASSWORD)
    client = await connect(
        server, url=f"https://{NAMED}/scim", targets=_allowed(proxy), tls=Tls(AUTHORITY.pem), proxy=through
    )
    assert (await client.request("POST", "/Users", body={"userName": "ada"})).status == 200
    assert proxy.asked == [f"CONNECT {NAMED}:443"]
    assert TOKEN not in str(proxy.heads)
    assert "Proxy-Authorization" not in server.heard[0].headers
    assert server.heard[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("password", ["", "wrong"])
async def test_a_password_that_is_wrong_stops_as_a_401_does(proxied: Any, connect: Any, password: str) -> None:
    server, proxy = proxied
    through = Proxy(proxy.url, "user" if password else "", password)
    client = await connect(
        server, url=f"https://{NAMED}/scim", targets=_allowed(proxy), tls=Tls(AUTHORITY.pem), proxy=through
    )
    with pytest.raises(SignInRefused, match="wants another user name and password") as refused:
        await client.request("GET", "/Users")
    assert "proxy" in refused.value.hint
    assert server.heard == []


@pytest.mark.parametrize("status", [403, 502, 504])
async def test_a_proxy_that_lets_nothing_through(connect: Any, status: int) -> None:
    async with proxies.Proxy(answers=status) as proxy:
        client = await connect(None, url=f"https://{NAMED}", targets=_allowed(proxy), proxy=Proxy(proxy.url))
        with pytest.raises(NotSent, match=f"it answered {status}") as failure:
            await client.request("POST", "/Users", body={})
    assert failure.value.cause == "proxy"


async def test_a_proxy_that_is_away(connect: Any, unused_tcp_port: int) -> None:
    targets = Targets.parse([f"127.0.0.1:{unused_tcp_port}"])
    through = Proxy(f"http://127.0.0.1:{unused_tcp_port}", "user", PASSWORD)
    client = await connect(None, url=f"https://{NAMED}", targets=targets, proxy=through)
    with pytest.raises(NotSent, match="No connection to the proxy") as failure:
        await client.request("POST", "/Users", body={})
    assert failure.value.cause == "proxy"
    assert PASSWORD not in f"{failure.value!r} {client!r} {client.transport!r} {through!r}"


async def test_plain_http_goes_through_it_as_well(connect: Any, serve: Any) -> None:
    server = await serve((200, {}))
    targets = Targets.parse(["127.0.0.1"])
    async with proxies.Proxy("user:x") as proxy:
        good = await connect(server, targets=targets, proxy=Proxy(proxy.url, "user", "x"))
        assert (await good.request("GET", "/Users")).status == 200
        wrong = await connect(server, targets=targets, proxy=Proxy(proxy.url, "user", "y"))
        with pytest.raises(SignInRefused):
            await wrong.request("GET", "/Users")
    assert len(server.heard) == 1


async def test_a_certificate_is_checked_behind_the_proxy_too(proxied: Any, connect: Any) -> None:
    server, proxy = proxied
    through = Proxy(proxy.url, "user", PASSWORD)
    client = await connect(server, url=f"https://{NAMED}", targets=_allowed(proxy), proxy=through)
    with pytest.raises(NotSent, match="is not trusted"):
        await client.request("GET", "/Users")
    assert server.heard == []


@pytest.mark.parametrize("url", ["http://10.0.0.1:3128", "https://10.0.0.1", "http://proxy.example:3128"])
def test_a_proxy_is_a_target_like_any_other(url: str) -> None:
    with pytest.raises(ForbiddenTarget, match="PROVISOR_ALLOW_TARGETS"):
        Transport(Targets(), proxy=Proxy(url))


@pytest.mark.parametrize(
    "url", ["https://user:pw@proxy.example", "https://proxy.example/path", "socks5://proxy.example", ""]
)
def test_a_proxy_url_that_is_none(url: str) -> None:
    with pytest.raises(InvalidBaseUrl, match="proxy URL"):
        Transport(Targets.parse(["proxy.example"]), proxy=Proxy(url))


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "127.0.0.1"])
async def test_a_proxy_leads_to_no_forbidden_address(connect: Any, address: str) -> None:
    async with proxies.Proxy() as proxy:
        with pytest.raises(ForbiddenTarget):
            await connect(None, url=f"https://{address}", targets=_allowed(proxy), proxy=Proxy(proxy.url))
        assert proxy.asked == []


async def test_the_reading_test_says_who_looks_names_up(connect: Any) -> None:
    async with FakeServiceProvider(token="t0ken") as sp, proxies.Proxy() as proxy:
        through = Proxy(proxy.url)
        client = await connect(None, url=sp.base_url, authorization="Bearer t0ken", proxy=through)
        steps = await check(client)
    assert f"through the proxy 127.0.0.1:{proxy.port}" in steps[0].message
    assert all(step.ok for step in steps)
