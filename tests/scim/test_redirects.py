"""A redirect must never carry the token elsewhere (S-RED), nor turn a write into something else (T8)."""

from __future__ import annotations

from typing import Any

import pytest

STATUSES = [301, 302, 303, 307, 308]
PLACES = ["same origin", "port", "scheme", "sub-domain", "other host"]
BODY = {"userName": "ada"}


def _location(place: str, first: int, second: int) -> str:
    return {
        "same origin": f"http://sp.example:{first}/moved",
        "port": f"http://sp.example:{second}/moved",
        "scheme": f"https://sp.example:{first}/moved",
        "sub-domain": f"http://a.sp.example:{second}/moved",
        "other host": f"http://other.example:{second}/moved",
    }[place]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("status", STATUSES)
async def test_the_token_stays_at_its_origin(
    serve: Any, connect: Any, names: Any, token: str, status: int, place: str
) -> None:
    other = await serve((200, {}))
    first = await serve(lambda heard: (200, {}) if heard.target == "/moved" else moved)
    moved = (status, None, {"Location": _location(place, first.port, other.port)})
    here = [["127.0.0.1"]]
    dns = names(sp_example=here, a_sp_example=here, other_example=here)
    client = await connect(first, url=f"http://sp.example:{first.port}/v2", resolver=dns)

    answer = await client.request("POST", "/Users", body=BODY)

    followed = place == "same origin" and status in (307, 308)
    assert answer.status == (200 if followed else status)
    assert [heard.target for heard in first.heard] == ["/v2/Users", *(["/moved"] if followed else [])]
    assert all((heard.method, heard.body) == ("POST", BODY) for heard in first.heard)
    assert other.connections == 0
    assert token not in repr(other.heard)


RELATIVE = [
    ("/v3/Users", "/v3/Users", "an absolute path"),
    ("Users/", "/v2/Users/", "a relative one"),
    ("/v2/Users?x=a%20b", "/v2/Users?x=a%20b", "with a query"),
    ("/v2/a%2Fb", "/v2/a%2Fb", "encoding is kept"),
    ("/v2/Users#part", "/v2/Users", "a fragment is dropped"),
]


@pytest.mark.parametrize(("location", "target", "reason"), RELATIVE)
async def test_a_location_may_be_relative(serve: Any, connect: Any, location: str, target: str, reason: str) -> None:
    server = await serve((307, None, {"Location": location}), (200, {}))
    assert (
        await (await connect(server, url=f"http://127.0.0.1:{server.port}/v2")).request("GET", "/Users")
    ).status == 200
    assert server.heard[1].target == target, reason


@pytest.mark.parametrize(
    "location",
    ["", "http://", "http://user:pass@127.0.0.1/x", "//127.0.0.1:1/x", "javascript:x", "http://[::1", "\\\\a\\b"],
)
async def test_a_strange_location_is_not_followed(serve: Any, connect: Any, location: str) -> None:
    server = await serve((307, None, {"Location": location}), (307, None, {"Location": "//127.0.0.1:1/x"}))
    assert (await (await connect(server)).request("GET", "/Users")).status == 307
    assert server.connections == 1


async def test_three_hops_and_no_more(serve: Any, connect: Any) -> None:
    server = await serve((308, None, {"Location": "/again"}))
    assert (await (await connect(server)).request("GET", "/Users")).status == 308
    assert len(server.heard) == 4
