"""What leaves us, byte for byte, and what each way of failing is called."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from provisor.scim.http import Limits, NotSent, Unknown, segment
from provisor.scim.sign_in import bearer
from provisor.scim.signing import Fixed

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
SHORT = Limits(total=0.3, connect=0.3)


async def test_the_headers_of_a_request(serve: Any, connect: Any, token: str) -> None:
    server = await serve((201, {"id": "1"}))
    await (await connect(server)).request("POST", "/Users", body={"userName": "Zoë"})
    heard = server.heard[0]
    assert heard.headers["Authorization"] == f"Bearer {token}"
    assert heard.headers["Accept"] == "application/scim+json, application/json;q=0.9"
    assert heard.headers["Content-Type"] == "application/scim+json"
    assert heard.headers["Accept-Encoding"] == "identity"
    assert heard.headers["User-Agent"].startswith("Provisor/")
    assert heard.body == {"userName": "Zoë"}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_without_a_body_there_is_no_content_type(serve: Any, connect: Any, method: str) -> None:
    server = await serve((200, {}))
    await (await connect(server)).request(method, "/Users/1")
    assert "Content-Type" not in server.heard[0].headers


async def test_another_content_type(serve: Any, connect: Any) -> None:
    server = await serve((200, {}))
    await (await connect(server, content_type="application/json")).request("PUT", "/Users/1", body={})
    assert server.heard[0].headers["Content-Type"] == "application/json"


IDS = [
    ("2819c223", "2819c223"),
    ("a/b", "a%2Fb"),
    ("..", "%2E%2E"),
    (".", "%2E"),
    ("x?y", "x%3Fy"),
    ("x#y", "x%23y"),
    ("%2e", "%252e"),
    ("é", "%C3%A9"),
    ("a b+c", "a%20b%2Bc"),
    ("../../Groups/1", "..%2F..%2FGroups%2F1"),
    ("a;b=c&d", "a%3Bb%3Dc%26d"),
    ("😀", "%F0%9F%98%80"),
]


@pytest.mark.parametrize(("id", "encoded"), IDS)
async def test_an_id_is_one_path_segment(serve: Any, connect: Any, id: str, encoded: str) -> None:
    server = await serve((200, {}))
    await (await connect(server)).request("GET", f"/Users/{segment(id)}")
    assert server.heard[0].target == f"/scim/v2/Users/{encoded}"


def test_an_empty_id_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        segment("")


async def test_a_query_is_percent_encoded(serve: Any, connect: Any) -> None:
    server = await serve((200, {}))
    await (await connect(server)).request("GET", "/Users", query={"filter": 'a eq "ü+&=#% \'"', "count": "1"})
    expected = "/scim/v2/Users?filter=a%20eq%20%22%C3%BC%2B%26%3D%23%25%20%27%22&count=1"
    assert server.heard[0].target == expected


@pytest.mark.parametrize(("path", "target"), [("", "/Users"), ("/", "/Users"), ("/a/b/", "/a/b/Users")])
async def test_the_base_path_is_kept(serve: Any, connect: Any, path: str, target: str) -> None:
    server = await serve((200, {}))
    client = await connect(server, url=f"http://127.0.0.1:{server.port}{path}")
    await client.request("GET", "/Users")
    assert server.heard[0].target == target


async def test_connections_are_kept_and_cookies_are_not(serve: Any, connect: Any) -> None:
    server = await serve((200, {}, {"Set-Cookie": "session=1"}))
    client = await connect(server)
    for _ in range(3):
        await client.request("GET", "/Users")
    assert server.connections == 1
    assert not any("Cookie" in heard.headers for heard in server.heard)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("reply", ["close", "reset"])
async def test_a_lost_kept_connection_is_unknown_and_never_sent_twice(
    serve: Any, connect: Any, method: str, reply: str
) -> None:
    server = await serve((200, {}), reply)
    client = await connect(server, connections=1)
    await client.request("GET", "/ServiceProviderConfig")
    with pytest.raises(Unknown) as unknown:
        await client.request(method, "/Users/1", body=None if method == "GET" else {})
    assert unknown.value.cause == "broken"
    assert [heard.method for heard in server.heard] == ["GET", method]


@pytest.mark.parametrize("method", METHODS)
async def test_a_lost_first_connection_is_unknown(serve: Any, connect: Any, method: str) -> None:
    server = await serve("reset")
    with pytest.raises(Unknown):
        await (await connect(server)).request(method, "/Users/1", body=None if method == "GET" else {})
    assert len(server.heard) == 1


async def test_a_silent_server_is_unknown(serve: Any, connect: Any) -> None:
    server = await serve("hang")
    with pytest.raises(Unknown, match=r"0\.3 seconds") as unknown:
        await (await connect(server, limits=SHORT)).request("POST", "/Users", body={})
    assert unknown.value.cause == "timeout"


async def test_an_answer_that_stops_in_its_body_is_unknown_at_the_deadline(serve: Any, connect: Any) -> None:
    server = await serve((200, {}, {"Content-Length": "500"}))
    with pytest.raises(Unknown) as unknown:
        await (await connect(server, limits=SHORT)).request("GET", "/Users")
    assert unknown.value.cause == "timeout"


async def test_a_dribbling_server_does_not_hold_us_beyond_the_deadline(serve: Any, connect: Any) -> None:
    server = await serve("dribble")
    with pytest.raises(Unknown) as unknown:
        await (await connect(server, limits=SHORT)).request("GET", "/Users")
    assert unknown.value.cause == "timeout"


async def test_nobody_listening_is_not_sent(connect: Any, free_port: int) -> None:
    client = await connect(None, url=f"http://127.0.0.1:{free_port}/scim")
    with pytest.raises(NotSent, match="No connection") as refused:
        await client.request("POST", "/Users", body={})
    assert refused.value.cause == "connect"


async def test_an_unknown_name_is_not_sent(connect: Any, names: type) -> None:
    client = await connect(None, url="https://nowhere.example/scim", resolver=names())
    with pytest.raises(NotSent, match=r"nowhere\.example can't be found") as refused:
        await client.request("POST", "/Users", body={})
    assert refused.value.cause == "dns"
    with pytest.raises(NotSent, match="can't be found"):
        await client.addresses()


async def test_waiting_for_a_free_connection_is_not_sent(serve: Any, connect: Any) -> None:
    server = await serve("hang")
    client = await connect(server, connections=1, limits=SHORT)
    results = await asyncio.gather(
        *(client.request("POST", "/Users", body={}) for _ in range(2)), return_exceptions=True
    )
    assert {type(result) for result in results} == {Unknown, NotSent}


ANSWERS: list[tuple[Any, int, str | None, Any, str]] = [
    ((204,), 204, None, None, "no body"),
    ((200, {"id": "1"}), 200, None, {"id": "1"}, "JSON"),
    ((200, {"id": "1"}, {"Content-Type": "text/json; charset=utf-8"}), 200, None, {"id": "1"}, "another label"),
    ((200, {"id": "1"}, {"Content-Type": "text/html"}), 200, None, {"id": "1"}, "a wrong label"),
    ((200, b"<html>hello</html>", {"Content-Type": "text/html"}), 200, "html", None, "a web page"),
    ((404, b"  <!doctype html>", {"Content-Type": "text/plain"}), 404, "html", None, "a web page, labelled wrong"),
    ((500, b"Internal error", {"Content-Type": "text/plain"}), 500, "not_json", None, "plain text"),
    ((200, b'{"id": NaN}'), 200, "not_json", None, "NaN"),
    ((200, b"[" * 60_000), 200, "too_deep", None, "deeper than the parser goes"),
    ((200, b"[" * 65 + b"]" * 65), 200, "too_deep", None, "deeper than we go"),
    ((200, b'{"id": "1"}', {"Content-Length": "500"}), 200, "cut", None, "cut by the end of the connection"),
    ((200, {"id": "1"}, {"Content-Encoding": "br"}), 200, "not_json", None, "a compression nobody asked for"),
    ((200, gzip.compress(b'{"id": "1"}'), {"Content-Encoding": "gzip"}), 200, None, {"id": "1"}, "gzip all the same"),
    ((200, zlib.compress(b'{"id": "1"}'), {"Content-Encoding": "deflate"}), 200, None, {"id": "1"}, "deflate"),
    ((200, gzip.compress(b'{"id": "1"}')[:-9], {"Content-Encoding": "gzip"}), 200, "cut", None, "half a gzip"),
    ((200, b"no gzip", {"Content-Encoding": "gzip"}), 200, "not_json", None, "no gzip"),
    ((200, b"x" * 70_000), 200, "too_large", None, "larger than the limit"),
    ((200, b"x", {"Content-Length": "9" * 12}), 200, "too_large", None, "announced larger than the limit"),
    ((200, gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"}), 200, "too_large", None, "a bomb"),
]


@pytest.mark.parametrize(("reply", "status", "problem", "body", "reason"), ANSWERS, ids=[row[4] for row in ANSWERS])
async def test_an_answer_is_a_value(
    serve: Any, connect: Any, reply: Any, status: int, problem: str | None, body: Any, reason: str
) -> None:
    server = await serve(lambda heard: _bytes(reply))
    answer = await (await connect(server, limits=Limits(body=65_536))).request("GET", "/Users/1")
    assert (answer.status, answer.problem, answer.body) == (status, problem, body), reason


def _bytes(reply: tuple[Any, ...]) -> bytes:
    """As bytes, so that the connection ends with the answer."""
    status, body, headers = (*reply, None, None)[:3]
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    fields = {"Content-Type": "application/scim+json", "Content-Length": str(len(raw)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + raw


MALFORMED = [
    (b"SSH-2.0-OpenSSH\r\n\r\n", "another protocol"),
    (b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n", "endless headers"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "a huge header"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "no number"),
]


@pytest.mark.parametrize(("reply", "reason"), MALFORMED, ids=[row[1] for row in MALFORMED])
async def test_what_is_no_http_is_unknown(serve: Any, connect: Any, reply: bytes, reason: str) -> None:
    server = await serve(reply)
    with pytest.raises(Unknown) as unknown:
        await (await connect(server)).request("POST", "/Users", body={})
    assert unknown.value.cause == "malformed", reason


async def test_headers_above_the_total_limit_are_too_large(serve: Any, connect: Any) -> None:
    server = await serve((200, {}, {f"X-{n}": "y" * 1000 for n in range(80)}))
    answer = await (await connect(server)).request("GET", "/Users")
    assert (answer.problem, answer.headers) == ("too_large", {})


@pytest.mark.parametrize("coding", ["identity", "chunked"])
async def test_an_endless_body_is_left_early(serve: Any, connect: Any, coding: str) -> None:
    head = "HTTP/1.1 200 OK\r\n" + ("Transfer-Encoding: chunked\r\n" if coding == "chunked" else "") + "\r\n"
    part = b"4000\r\n" + b"x" * 0x4000 + b"\r\n" if coding == "chunked" else b"x" * 0x4000
    server = await serve(head.encode() + part * 10)
    answer = await (await connect(server, limits=Limits(body=65_536))).request("GET", "/Users")
    assert answer.problem == "too_large"
    assert len(answer.text) == 2048


async def test_a_connection_is_usable_after_a_refused_body(serve: Any, connect: Any) -> None:
    server = await serve((200, b"x" * 70_000), (200, {"id": "2"}))
    client = await connect(server, connections=1, limits=Limits(body=65_536))
    assert (await client.request("GET", "/Users/1")).problem == "too_large"
    assert (await client.request("GET", "/Users/2")).body == {"id": "2"}


async def test_no_secret_is_kept_from_an_echoing_server(serve: Any, connect: Any, token: str) -> None:
    def echo(heard: Any) -> tuple[Any, ...]:
        said = f"bad token {heard.headers['Authorization']}, bad password {heard.body['password']}"
        return 401, {"detail": said, "nested": [said]}, {"WWW-Authenticate": said}

    client = await connect(await serve(echo))
    answer = await client.request("POST", "/Users", body={"password": "Tr0ub4dor&3"})
    everything = repr((client, answer, answer.body, answer.text, answer.headers))
    assert "[redacted]" in everything
    assert token not in everything
    assert "Tr0ub4dor" not in everything


async def test_no_secret_is_in_a_failure(serve: Any, connect: Any, token: str) -> None:
    client = await connect(await serve(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"))
    with pytest.raises(Unknown) as unknown:
        await client.request("GET", "/Users")
    error: BaseException | None = unknown.value
    while error is not None:
        assert token not in f"{error!r} {error} {vars(error)}"
        error = error.__context__ or error.__cause__


@pytest.mark.parametrize("authorization", ["", "  ", "Bearer a\r\nX-Evil: 1", "Bearer a\x00"])
def test_an_authorization_that_is_no_header_is_refused(authorization: str) -> None:
    with pytest.raises(ValueError, match="authorization") as refused:
        Fixed(bearer(authorization, ""))
    assert "Evil" not in str(refused.value)


class _Recorder:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    @asynccontextmanager
    async def turn(self, method: str, path: str) -> AsyncIterator[_Recorder]:
        self.seen.append((method, path))
        try:
            yield self
        except Unknown as error:
            self.seen.append(error.cause)
            raise

    def answered(self, answer: Any) -> None:
        self.seen.append(answer.status)


async def test_pace_stands_before_and_after_each_request(serve: Any, connect: Any) -> None:
    pace = _Recorder()
    client = await connect(await serve((429, {}, {"Retry-After": "7"}), "reset"), pace=pace)
    assert (await client.request("GET", "/Users")).retry_after == 7.0
    with pytest.raises(Unknown):
        await client.request("POST", "/Users", body={})
    assert pace.seen == [("GET", "/Users"), 429, ("POST", "/Users"), "broken"]


async def test_headers_of_the_form_are_sent_and_never_in_place_of_our_own(serve: Any, connect: Any) -> None:
    server = await serve((200, {}))
    client = await connect(server, headers={"X-Team": "acme", "authorization": "Bearer other", "accept": "text/html"})
    await client.request("GET", "/Users")
    sent = server.heard[0].headers
    assert sent["X-Team"] == "acme"
    assert "other" not in str(sent)
    assert "text/html" not in str(sent)


async def test_the_environment_sets_no_proxy(
    serve: Any, connect: Any, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port}")
    server = await serve((200, {}))
    assert (await (await connect(server)).request("GET", "/Users")).status == 200
