"""Service providers that misbehave on the wire: raw sockets on 127.0.0.1 that say exactly what a test tells them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from tests.scim.scim_clients import TOKEN, client_of

from provisor.scim.http import HttpClient
from provisor.scim.targets import Targets

Reply = tuple[Any, ...] | bytes | str | Callable[["Heard"], Any]


@dataclass(frozen=True)
class Heard:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None


def http(status: int, body: Any = None, headers: dict[str, str] | None = None) -> bytes:
    """A whole HTTP answer; a body that isn't bytes is JSON."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    fields = {"Content-Type": "application/scim+json", "Content-Length": str(len(raw)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + raw


@dataclass
class Server:
    """Answers each request with the next reply, the last one again and again.

    A reply: (status, body, headers), raw bytes, "reset", "close", "hang", "dribble" (a body without an end, a
    byte every 20 ms), or a function of what was heard. Raw bytes
    end the connection.
    """

    replies: list[Reply]
    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._exchange(reader, writer):
                pass
            writer.close()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()
        except asyncio.CancelledError:
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        heard = await _hear(reader)
        self.heard.append(heard)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if callable(reply):
            reply = reply(heard)
        return await _answer(reply, writer)


async def _hear(reader: asyncio.StreamReader) -> Heard:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    return Heard(method, target, headers, await reader.readexactly(int(headers.get("Content-Length", 0))))


async def _answer(reply: Any, writer: asyncio.StreamWriter) -> bool:
    if reply == "reset":
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return False
    if reply == "hang":
        await asyncio.Event().wait()
    if reply == "dribble":
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while reply == "dribble":
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)
    if reply != "close":
        writer.write(reply if isinstance(reply, bytes) else http(*reply))
        await writer.drain()
    return isinstance(reply, tuple)


Serve = Callable[..., Awaitable[Server]]
Connect = Callable[..., Awaitable[HttpClient]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """`await serve(reply, ...)`: a Server on 127.0.0.1 that is stopped after the test."""
    running: list[asyncio.Server] = []
    talking: set[asyncio.Task[None]] = set()

    async def start(*replies: Reply, tls: Any = None) -> Server:
        server = Server(list(replies))

        def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            talking.add(asyncio.create_task(server.connected(reader, writer)))

        listening = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
        running.append(listening)
        server.port = listening.sockets[0].getsockname()[1]
        return server

    yield start
    for listening in running:
        listening.close()
    for task in talking:
        task.cancel()
    await asyncio.gather(*talking, return_exceptions=True)
    await asyncio.sleep(0)  # lets the closed sockets go


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """`await connect(server)`: a client of that server, with the canary token; closed after the test."""
    async with contextlib.AsyncExitStack() as stack:

        async def open_client(server: Any, *, url: str = "", **options: Any) -> HttpClient:
            url = url or f"http://127.0.0.1:{server.port}/scim/v2"
            targets = options.pop("targets", Targets.parse(["127.0.0.1", "localhost", "sp.example"]))
            client = client_of(targets.check_url(url), targets, **options)
            return await stack.enter_async_context(client)

        yield open_client


class Names(AbstractResolver):
    """A DNS of the test's own: each look-up of a name gives the next list of addresses, the last one for ever."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): list(lists) for name, lists in answers.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in self.answers:
            raise OSError("no such name")
        lists = self.answers[host]
        found = lists.pop(0) if len(lists) > 1 else lists[0]
        return [_result(host, address, port) for address in found]

    async def close(self) -> None:
        return


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)


@pytest.fixture
def names() -> type[Names]:
    return Names


@pytest.fixture
def token() -> str:
    return TOKEN
